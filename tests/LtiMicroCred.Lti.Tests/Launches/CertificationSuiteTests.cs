using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Launches;

/// <summary>The launches that the LTI Advantage certification suite sends to a tool: what it must refuse, what it must take.</summary>
public sealed class CertificationSuiteTests(LoopbackServer server)
{
    private const string Instructor = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor";
    private const string Learner = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner";

    private static readonly Dictionary<string, (Action<LaunchAttempt> Break, LtiError Error)> Refused = new(StringComparer.Ordinal)
    {
        ["no kid"] = (launch => launch.Header.Remove("kid"), LtiError.KeyIdMissing),
        ["wrong kid"] = (launch => launch.Header["kid"] = "wrong", LtiError.UnknownKey),
        ["version 11.3"] = (launch => launch["version"] = "11.3", LtiError.UnsupportedVersion),
        ["no version"] = (launch => launch.Remove("version"), LtiError.MissingVersion),
        ["invalid message"] = (launch => launch.Claims = new JsonObject { ["name"] = "badltilaunch" }, LtiError.WrongIssuer),
        ["LTI claims missing"] = (RemoveLtiClaims, LtiError.MissingMessageType),
        ["wrong timestamps"] = (launch =>
        {
            launch.Claims["exp"] = 22222;
            launch.Claims["iat"] = 11111;
        }, LtiError.TokenExpired),
        ["no message_type"] = (launch => launch.Remove("message_type"), LtiError.MissingMessageType),
        ["no roles claim"] = (launch => launch.Remove("roles"), LtiError.MissingRoles),
        ["no deployment_id"] = (launch => launch.Remove("deployment_id"), LtiError.MissingDeployment),
        ["no resource_link id"] = (launch => launch["resource_link"]!.AsObject().Remove("id"), LtiError.MissingResourceLink),
        ["empty sub"] = (launch => launch.Claims["sub"] = "", LtiError.MissingSubject),
    };

    private static readonly Dictionary<string, Action<LaunchAttempt>> Accepted = new(StringComparer.Ordinal)
    {
        ["plain"] = _ => { },
        ["no personal data"] = AddContext,
        ["e-mail without context"] = launch => launch.Claims["email"] = "a@school.example",
        ["several roles"] = launch => launch["roles"]!.AsArray().Add("http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"),
        ["short role"] = launch => launch["roles"] = new JsonArray(launch["roles"]![0]!.GetValue<string>().Split('#')[1]),
        ["unknown role"] = launch => launch["roles"]!.AsArray().Add("http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"),
        ["e-mail only"] = launch =>
        {
            launch.Claims["email"] = "a@school.example";
            AddContext(launch);
        },
        ["names only"] = launch =>
        {
            launch.Claims["name"] = "Ada Lovelace";
            launch.Claims["given_name"] = "Ada";
            launch.Claims["family_name"] = "Lovelace";
            AddContext(launch);
        },
    };

    public static TheoryData<string> RefusedLaunches => [.. Refused.Keys];

    public static TheoryData<string, string> AcceptedLaunches
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var name in Accepted.Keys)
            {
                rows.Add(name, Instructor);
                rows.Add(name, Learner);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(RefusedLaunches))]
    public async Task Bad_launch_of_the_suite_is_refused(string name)
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        Refused[name].Break(launch);

        await launch.RefusedAsync(Refused[name].Error);
    }

    [Theory]
    [MemberData(nameof(AcceptedLaunches))]
    public async Task Good_launch_of_the_suite_is_taken(string name, string role)
    {
        using var tool = new TestTool(server.NewSite());
        var attempt = await tool.PrepareAsync();
        attempt["roles"] = new JsonArray(role);
        Accepted[name](attempt);

        var launch = await attempt.SendAsync();

        launch.Roles.IsInstructor.ShouldBe(role == Instructor);
        launch.Roles.IsLearner.ShouldBe(role == Learner);
        launch.Person.Email.ShouldBe(attempt.Claims["email"]?.GetValue<string>());
        launch.Person.GivenName.ShouldBe(attempt.Claims["given_name"]?.GetValue<string>());
        (launch.Context is null).ShouldBe(attempt["context"] is null);
    }

    [Fact]
    public async Task Empty_roles_array_is_taken()
    {
        using var tool = new TestTool(server.NewSite());
        var attempt = await tool.PrepareAsync();
        attempt["roles"] = new JsonArray();

        var launch = await attempt.SendAsync();

        launch.Roles.All.ShouldBeEmpty();
        launch.Roles.IsLearner.ShouldBeFalse();
    }

    [Fact]
    public async Task Deep_linking_launch_without_target_link_is_taken()
    {
        using var tool = new TestTool(server.NewSite());
        var attempt = (await tool.PrepareAsync()).AsDeepLinking();
        attempt.Remove("target_link_uri");

        var launch = await attempt.SendAsync();

        launch.MessageType.ShouldBe(LtiMessageType.DeepLinking);
        launch.TargetLinkUri.ShouldBeNull();
    }

    private static void AddContext(LaunchAttempt launch) => launch["context"] = new JsonObject
    {
        ["id"] = "c1", ["label"] = "C", ["title"] = "Course", ["type"] = new JsonArray("http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"),
    };

    private static void RemoveLtiClaims(LaunchAttempt launch)
    {
        foreach (var name in launch.Claims.Select(claim => claim.Key).Where(name => name.StartsWith("https://purl.imsglobal.org/", StringComparison.Ordinal)).ToList())
            launch.Claims.Remove(name);
    }
}
