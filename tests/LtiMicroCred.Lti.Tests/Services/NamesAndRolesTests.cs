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
}
