using System.Text.Json.Nodes;
using LtiMicroCred.Features.Platforms;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>Launches of nobody in particular, and of a grader who reviews one learner.</summary>
public sealed class OtherLaunchesTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>, IDisposable
{
    private const string Lti = "https://purl.imsglobal.org/spec/lti/claim/";
    private readonly Campus _campus = shared.Campus;

    [Fact]
    public async Task An_anonymous_launch_sees_what_can_be_earned_and_leaves_nothing_about_anyone()
    {
        // The LMS's own list brings people too: it is read before.
        await _campus.OpenAsync("instructor");
        await Campus.UntilAsync(async () => await _campus.AskAsync<long>("SELECT COUNT(*) FROM Course WHERE RosterReadAt IS NULL") == 0, "the lists are read");
        await AllowAnonymousAsync(true);
        _campus.Lms.Retouch = Anonymous;
        var (people, members) = (await CountAsync("Learner"), await CountAsync("CourseMember"));

        using var wire = new Wire();
        var page = await wire.LaunchAsync(_campus.Opening("learner"));

        page.Status.ShouldBe(200, page.Text);
        page.Text.ShouldContain("Data Ethics in Practice");
        page.Text.ShouldContain("did not tell us who you are");
        page.Text.ShouldContain("What is asked");
        page.Document.QuerySelector(".steps").ShouldBeNull("nobody stands anywhere");
        (await CountAsync("Learner")).ShouldBe(people);
        (await CountAsync("CourseMember")).ShouldBe(members);
        (await _campus.AskAsync<string?>("SELECT LearnerId FROM LaunchSession WHERE LaunchId = @LaunchId", new { page.LaunchId })).ShouldBeNull();
    }

    [Theory]
    [InlineData("""["file"]""")]
    [InlineData("""["image","html"]""")]
    public async Task An_LMS_that_takes_no_link_where_it_asks_is_told_so_and_gets_an_empty_answer(string accepted)
    {
        _campus.Lms.Retouch = claims => claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]!["accept_types"] = JsonNode.Parse(accepted);
        using var wire = new Wire();
        var links = await CountAsync("ContentLink");

        var page = await wire.LaunchAsync(_campus.Lms.OpeningPick());

        page.Status.ShouldBe(200, page.Text);
        page.Text.ShouldContain("asks for something else here");
        page.Text.ShouldContain("Nothing was changed");
        var forced = await wire.PostAsync(page.Url.AbsoluteUri + "?handler=Insert", SelfPost.In(page).Fields);
        forced.Text.ShouldContain("asks for something else here");
        (await CountAsync("ContentLink")).ShouldBe(links);
        var form = SelfPost.In(page);
        var answer = SelfPost.In(await wire.PostAsync(form.Action, form.Fields));
        answer.Action.ShouldStartWith(_campus.Lms.BaseUrl.AbsoluteUri);
        answer.Fields.ShouldContain(field => field.Key == "JWT");
    }

    [Fact]
    public async Task An_anonymous_instructor_sees_no_more_than_anybody()
    {
        await AllowAnonymousAsync(true);
        _campus.Lms.Retouch = Anonymous;

        using var wire = new Wire();
        var page = await wire.LaunchAsync(_campus.Opening("instructor"));

        page.Url.AbsolutePath.ShouldEndWith("/learner");
        (await wire.GetAsync($"{_campus.Tool}/l/{page.LaunchId}/course")).ShouldSay(404, "This page is not open any more");
    }

    [Fact]
    public async Task An_anonymous_launch_is_refused_where_the_registration_does_not_allow_it()
    {
        await AllowAnonymousAsync(false);
        _campus.Lms.Retouch = Anonymous;

        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner"));

        (await wire.PostAsync(launch.Action, launch.Fields)).ShouldRefuse(400, "We could not check this sign-in");
    }

    [Fact]
    public async Task A_review_shows_that_learners_evidence_and_nothing_else()
    {
        using var learner = new Wire();
        await learner.LaunchAsync(_campus.Opening("learner"));
        using var staff = new Wire();
        await staff.LaunchAsync(_campus.Opening("instructor"));
        _campus.Lms.Retouch = Review(_campus.Lms.School.FindPerson("learner")!.Id);

        var page = await staff.LaunchAsync(_campus.Opening("instructor"));

        page.Url.AbsolutePath.ShouldEndWith("/review");
        page.Status.ShouldBe(200, page.Text);
        page.Text.ShouldContain(_campus.Lms.School.FindPerson("learner")!.Name);
        page.Text.ShouldContain("Not started");
        page.Document.QuerySelector(".trace").ShouldNotBeNull();
        (await staff.GetAsync($"{_campus.Tool}/l/{page.LaunchId}/course")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_review_of_somebody_unknown_says_so()
    {
        using var staff = new Wire();
        await staff.LaunchAsync(_campus.Opening("instructor"));
        _campus.Lms.Retouch = Review("nobody-1");

        (await staff.LaunchAsync(_campus.Opening("instructor"))).Text.ShouldContain("We know nothing of this learner in this activity yet");
    }

    [Fact]
    public async Task A_review_finds_no_learner_of_another_institution()
    {
        var (other, story) = await _campus.JoinAsync("University of Elsewhere");
        await story.AddCredentialAsync(CancellationToken.None);
        await story.OpenToolAsync("learner", CancellationToken.None);
        var theirs = other.School.FindPerson("learner")!.Id;
        await _campus.ExecuteAsync("UPDATE Learner SET Subject = 'only-elsewhere' WHERE Subject = @theirs AND PlatformId = (SELECT PlatformId FROM Platform WHERE Issuer = @Issuer)", new { theirs, Issuer = other.BaseUrl.AbsoluteUri.TrimEnd('/') });
        using var staff = new Wire();
        await staff.LaunchAsync(_campus.Opening("instructor"));
        _campus.Lms.Retouch = Review("only-elsewhere");

        (await staff.LaunchAsync(_campus.Opening("instructor"))).Text.ShouldContain("We know nothing of this learner in this activity yet");
    }

    [Fact]
    public async Task A_learner_reviews_nobody()
    {
        _campus.Lms.Retouch = Review(_campus.Lms.School.FindPerson("learner")!.Id);
        using var wire = new Wire();
        var launch = await wire.BeginLaunchAsync(_campus.Opening("learner"));

        (await wire.PostAsync(launch.Action, launch.Fields)).ShouldSay(403, "Only staff can review evidence");
    }

    public void Dispose() => _campus.Lms.Retouch = null;

    private static void Anonymous(JsonObject claims)
    {
        foreach (var name in new[] { "sub", "name", "given_name", "family_name", "email", Lti + "lis" })
            claims.Remove(name);
    }

    private static Action<JsonObject> Review(string userId) => claims =>
    {
        claims[Lti + "message_type"] = "LtiSubmissionReviewRequest";
        claims[Lti + "for_user"] = new JsonObject { ["user_id"] = userId };
    };

    private async Task AllowAnonymousAsync(bool allow)
    {
        await _campus.ExecuteAsync("UPDATE Platform SET Anonymous = @allow", new { allow });
        _campus.Services.GetRequiredService<PlatformDirectory>().Forget();
    }

    private Task<long> CountAsync(string table) => _campus.AskAsync<long>($"SELECT COUNT(*) FROM {table}");
}
