using Dapper;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>An administrator gave the tool fewer services than it asked for: its pages open all the same and say what is missing.</summary>
public sealed class MissingServicesTests
{
    private static readonly string[] s_grades =
    [
        "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly", "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    ];

    [Fact]
    public async Task Without_the_grade_service_the_pages_open_and_say_what_is_missing()
    {
        await using var campus = await Campus.StartAsync();
        await RegisterAsync(campus, scopes: []);
        campus.AddLink();
        using var early = new Wire();
        (await early.LaunchAsync(campus.Opening("learner"))).Text.ShouldContain("This activity is not set up yet");

        var course = await SetUpAsync(campus);
        course.Text.ShouldContain("No grade reaches us yet, so no one can earn this credential");
        var connect = await course.FollowAsync("a[href*='/connect']", CancellationToken.None);
        connect.Text.ShouldContain("Moodle does not let us make a column");
        connect.Text.ShouldContain("Ask your LMS administrator");

        using var learner = new Wire();
        var page = await learner.LaunchAsync(campus.Opening("learner"));
        page.Status.ShouldBe(200);
        page.Text.ShouldContain("No grade reaches this page yet");
        page.Text.ShouldNotContain("We look for new grades");
    }

    [Fact]
    public async Task Without_the_members_service_whoever_came_as_a_learner_earns()
    {
        await using var campus = await Campus.StartAsync();
        await RegisterAsync(campus, s_grades);
        campus.AddLink();
        await SetUpAsync(campus);
        await campus.OpenAsync("learner");
        await campus.GradeAsync("learner", "80");
        await campus.GradeAsync("learner2", "80");
        await campus.UntilAsync("learner", "You earned this credential");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1, "the second learner has not come yet");

        await campus.UntilAsync("learner2", "You earned this credential");
        campus.Lms.Requests.ShouldNotContain(r => r.Service == LmsService.Memberships);
    }

    /// <summary>As an administrator who enters the tool by hand and ticks these services only.</summary>
    private static async Task RegisterAsync(Campus campus, IReadOnlyList<string> scopes)
    {
        var link = await campus.World.InviteAsync(CancellationToken.None);
        var query = QueryHelpers.ParseQuery(new Uri(campus.Lms.NewRegistration(link.AbsoluteUri)).Query);
        var registration = campus.Services.GetRequiredService<DynamicRegistration>();
        var configuration = await registration.ReadConfigurationAsync(new Uri(query["openid_configuration"].ToString()), CancellationToken.None);
        var platform = Guid.CreateVersion7();
        await campus.Services.GetRequiredService<ToolKeys>().EnsureAsync(platform, CancellationToken.None);
        var tool = RegisterPlatform.Describe(campus.Services.GetRequiredService<Settings>(), platform) with { Scopes = scopes };
        var registered = await registration.RegisterAsync(configuration, query["registration_token"].ToString(), tool, CancellationToken.None);
        campus.Lms.Activate(campus.Lms.School.Tools[0].Id);
        await campus.ExecuteAsync(
            """
            INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, ProductFamily, CreatedAt)
              SELECT @platform, TenantId, @Issuer, @ClientId, @Authorization, @Token, @Keys, 'moodle', @Now FROM Tenant;
            INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, ApprovedAt, FirstSeenAt, TurnedAway)
              SELECT @Deployment, @platform, @DeploymentId, TenantId, @Now, @Now, 0 FROM Tenant;
            """,
            new
            {
                platform,
                Deployment = Guid.CreateVersion7(),
                configuration.Issuer,
                registered.ClientId,
                registered.DeploymentId,
                Authorization = configuration.AuthorizationEndpoint.AbsoluteUri,
                Token = configuration.TokenEndpoint.AbsoluteUri,
                Keys = configuration.JwksUri.AbsoluteUri,
                Now = DateTimeOffset.UtcNow,
            });
    }

    private static async Task<BrowserPage> SetUpAsync(Campus campus) => await (await campus.OpenAsync("instructor")).SubmitAsync(
        "form#design button.primary",
        CancellationToken.None,
        ("title", DemoStory.Title),
        ("description", "Finding, naming and handling ethical risks in real data."),
        ("outcomes", "find and name the ethical risks of a data set before it is used"),
        ("hours", "50"),
        ("credits", "2"),
        ("level", "6"),
        ("threshold", "60"));
}
