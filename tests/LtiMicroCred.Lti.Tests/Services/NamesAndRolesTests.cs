using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Services;

public sealed class NamesAndRolesTests(LoopbackServer server)
{
    [Fact]
    public async Task Members_of_a_real_moodle_are_read()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "nrps-members", "members");

        var members = (await MembersAsync(tool, address)).Members;

        members.Count.ShouldBe(6);
        members.Count(member => member.Roles.IsLearner).ShouldBe(5);
        var teacher = members.Single(member => member.UserId == "3");
        teacher.Roles.IsInstructor.ShouldBeTrue();
        teacher.RolesRaw.ShouldBe(["Instructor"]);
        teacher.Status.ShouldBe(MemberStatus.Active);
        members.Single(member => member.UserId == "8").Name.ShouldBe("山田 太郎");
        members.Single(member => member.UserId == "5").Email.ShouldBe("student2@moodle.example");
        var asked = tool.Site.Requests.Last();
        asked.Headers["Accept"].ShouldBe("application/vnd.ims.lti-nrps.v2.membershipcontainer+json");
        asked.Query.ShouldBe("");
    }

    [Theory]
    [InlineData("nrps-members", "members rlid")]
    [InlineData("nrps-rlid-with-access-restriction", "members?rlid=1")]
    public async Task Members_of_one_link_are_asked_for_by_rlid(string file, string name)
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, file, name);

        var members = (await MembersAsync(tool, new Uri(address.GetLeftPart(UriPartial.Path)), "1")).Members;

        tool.Site.Requests.Last().Query.ShouldBe("?rlid=1");
        members.Select(member => member.UserId).ShouldBe(
            Recorded.Read(file, name, "response", "body", "members").EnumerateArray().Select(member => member.GetProperty("user_id").GetString()!));
    }

    [Fact]
    public async Task Role_that_a_real_moodle_drops_from_its_next_link_is_put_back()
    {
        using var tool = new TestTool(server.NewSite());
        var first = Recorded.Play(tool.Site, "nrps-members", "members role Learner");
        var path = first.AbsolutePath[first.AbsolutePath.IndexOf("/mod", StringComparison.Ordinal)..];
        tool.Site.On(path + "?limit=3&from=3&role=Learner", 200, """{"members":[{"user_id":"9","roles":["Learner"]}]}""");

        var members = await tool.Get<NamesAndRoles>().GetMembersAsync(
            tool.Platform, new Uri(first.GetLeftPart(UriPartial.Path)), new MemberFilter { Role = "Learner", PageSize = 3 }, CancellationToken.None);

        members.Members[^1].UserId.ShouldBe("9");
        tool.Site.Requests.Last().Query.ShouldBe("?limit=3&from=3&role=Learner");
    }

    [Fact]
    public async Task Filters_are_added_to_the_query_that_is_there()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/members", 200, """{"members":[]}""");

        await tool.Get<NamesAndRoles>().GetMembersAsync(
            tool.Platform, tool.Site.Uri("/members?course=1"), new MemberFilter { Role = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner", ResourceLinkId = "a&b", PageSize = 50 }, CancellationToken.None);

        tool.Site.Last("/members").Query.ShouldBe("?course=1&role=http%3A%2F%2Fpurl.imsglobal.org%2Fvocab%2Flis%2Fv2%2Fmembership%23Learner&rlid=a%26b&limit=50");
    }

    [Fact]
    public async Task Everything_that_a_platform_tells_of_a_member_is_read()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/members", 200, """
            {"members":[{"user_id":"7","roles":["Learner"],"name":"N","given_name":"G","middle_name":"M","family_name":"F","email":"e@lms.example","picture":"https://lms.example/p.jpg","lis_person_sourcedid":"S-1",
              "message":[{"https://purl.imsglobal.org/spec/lti/claim/message_type":"LtiResourceLinkRequest","https://purl.imsglobal.org/spec/lti/claim/custom":{"end":"$ResourceLink.submission.endDateTime","n":5,"odd":{}}},
                         "odd", {"no":"type"}]},
             {"user_id":"8","roles":"Learner","name":5,"message":{}}]}
            """);

        var members = (await MembersAsync(tool, tool.Site.Uri("/members"), "1")).Members;

        var told = members[0];
        (told.GivenName, told.MiddleName, told.FamilyName, told.Picture, told.PersonSourcedId).ShouldBe(("G", "M", "F", "https://lms.example/p.jpg", "S-1"));
        var message = told.Messages.ShouldHaveSingleItem();
        message.MessageType.ShouldBe("LtiResourceLinkRequest");
        message.Custom.Select(parameter => $"{parameter.Key}={parameter.Value}").ShouldBe(["end=$ResourceLink.submission.endDateTime", "n=5"]);
        members[1].Messages.ShouldBeEmpty();
        members[1].RolesRaw.ShouldBeEmpty();
        members[1].Name.ShouldBeNull();
    }

    [Fact]
    public async Task Messages_and_ids_of_a_real_moodle_are_read()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "nrps-members", "members rlid");

        var members = (await MembersAsync(tool, address)).Members;

        members.ShouldAllBe(member => member.Messages.Count == 1 && member.Messages[0].MessageType == "LtiResourceLinkRequest" && member.Messages[0].Custom.Count == 0);
        members.Single(member => member.UserId == "7").PersonSourcedId.ShouldBe("S-004");
    }

    [Fact]
    public async Task Changes_are_followed_from_one_answer_to_the_next()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/members", 200, """{"members":[{"user_id":"3"}]}""", ("Link", "<members?page=2>; rel=\"next\""));
        tool.Site.On("/members?page=2", 200, """{"members":[{"user_id":"4"}]}""", ("Link", $"<{tool.Site.Address}/members?since=a%2Fb>; rel=\"differences\""));
        tool.Site.On("/members?since=a%2Fb", 200, """{"members":[{"user_id":"3","status":"Deleted"},{"user_id":"5","roles":["Learner"]}]}""", ("Link", "<members?since=c>; rel=differences"));
        tool.Site.On("/members?since=c", 200, """{"members":[]}""");

        var whole = await MembersAsync(tool, tool.Site.Uri("/members"));
        whole.Members.Count.ShouldBe(2);
        var changes = await DifferencesAsync(tool, whole.DifferencesUrl.ShouldNotBeNull());
        changes.Members.Select(member => (member.UserId, member.Status)).ShouldBe([("3", MemberStatus.Deleted), ("5", MemberStatus.Active)]);
        var nothing = await DifferencesAsync(tool, changes.DifferencesUrl.ShouldNotBeNull());
        nothing.Members.ShouldBeEmpty();
        nothing.DifferencesUrl.ShouldBeNull();
        tool.Site.Requests.Where(seen => seen.Path == "/members").Select(seen => seen.Query).ShouldBe(["", "?page=2", "?since=a%2Fb", "?since=c"]);
    }

    [Theory]
    [InlineData("https://evil.example/members", ServiceFailure.ForeignLink)]
    [InlineData("//evil.example/members", ServiceFailure.BadAnswer)] // a loopback site speaks http, which no other host may
    [InlineData("ftp://lms.example/members", ServiceFailure.BadAnswer)]
    public async Task Differences_on_another_host_are_refused(string link, ServiceFailure failure)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/members", 200, """{"members":[]}""", ("Link", $"<{link}>; rel=\"differences\""));

        (await Should.ThrowAsync<LtiServiceException>(() => MembersAsync(tool, tool.Site.Uri("/members")))).Failure.ShouldBe(failure);
    }

    [Fact]
    public async Task Half_of_the_changes_are_none()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/changes", 200, """{"members":[{"user_id":"3","status":"Deleted"}]}""", ("Link", "<changes?page=2>; rel=\"next\""));
        tool.Site.On("/changes?page=2", 404);

        (await Should.ThrowAsync<LtiServiceException>(() => DifferencesAsync(tool, tool.Site.Uri("/changes")))).Failure.ShouldBe(ServiceFailure.NotFound);
    }

    [Fact]
    public async Task Link_that_is_gone_is_not_an_empty_list()
    {
        using var tool = new TestTool(server.NewSite());
        var address = Recorded.Play(tool.Site, "nrps-rlid-with-access-restriction", "members?rlid=99");

        (await Should.ThrowAsync<LtiServiceException>(() => MembersAsync(tool, new Uri(address.GetLeftPart(UriPartial.Path)), "99"))).Failure.ShouldBe(ServiceFailure.NotFound);
    }

    [Fact]
    public async Task All_pages_of_a_real_moodle_are_read()
    {
        using var tool = new TestTool(server.NewSite());
        var first = Recorded.Play(tool.Site, "nrps-members", "members limit 2");
        var last = Recorded.Play(tool.Site, "nrps-members", "members limit 2 from 4");
        var path = first.AbsolutePath[first.AbsolutePath.IndexOf("/mod", StringComparison.Ordinal)..];
        tool.Site.On(path + "?limit=2&from=2", 200, """{"members":[{"user_id":"3","roles":["Instructor"]},{"user_id":"4","roles":["Learner"]}]}""", ("Link", $"<{last}>; rel=\"next\""));

        (await MembersAsync(tool, first)).Members.Count.ShouldBe(6);
    }

    [Fact]
    public async Task List_that_breaks_off_is_no_list()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/members", 200, """{"members":[{"user_id":"3","roles":[]}]}""", ("Link", $"<{tool.Site.Address}/members?page=2>; rel=\"next\""));
        tool.Site.On("/members?page=2", 500);

        (await Should.ThrowAsync<LtiServiceException>(() => MembersAsync(tool, tool.Site.Uri("/members")))).Failure.ShouldBe(ServiceFailure.ServerError);
    }

    [Theory]
    [InlineData("""{"user_id":"3","roles":[]}""", MemberStatus.Active)]
    [InlineData("""{"user_id":"3","status":"active"}""", MemberStatus.Active)]
    [InlineData("""{"user_id":"3","status":"Inactive"}""", MemberStatus.Inactive)]
    [InlineData("""{"user_id":"3","status":"Deleted"}""", MemberStatus.Deleted)]
    [InlineData("""{"user_id":3,"status":"Pending"}""", MemberStatus.Inactive)]
    public async Task Status_is_read_with_active_as_default(string member, MemberStatus status)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/members", 200, $$"""{"members":[{{member}}]}""");

        var read = (await MembersAsync(tool, tool.Site.Uri("/members"))).Members.ShouldHaveSingleItem();

        read.UserId.ShouldBe("3");
        read.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("""{"members":[{"roles":["Learner"]}]}""")]
    [InlineData("""{"members":["3"]}""")]
    [InlineData("""{"members":{}}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    public async Task Incomplete_answer_is_refused(string body)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/members", 200, body);

        (await Should.ThrowAsync<LtiServiceException>(() => MembersAsync(tool, tool.Site.Uri("/members")))).Failure.ShouldBe(ServiceFailure.BadAnswer);
    }

    private static Task<Membership> MembersAsync(TestTool tool, Uri address, string? resourceLinkId = null) =>
        tool.Get<NamesAndRoles>().GetMembersAsync(tool.Platform, address, resourceLinkId, CancellationToken.None);

    private static Task<MembershipDifferences> DifferencesAsync(TestTool tool, Uri address) =>
        tool.Get<NamesAndRoles>().GetDifferencesAsync(tool.Platform, address, CancellationToken.None);
}
