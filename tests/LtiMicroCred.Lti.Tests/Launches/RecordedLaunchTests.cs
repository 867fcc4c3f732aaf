using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Launches;

/// <summary>The claims of a real Moodle, signed anew with nothing changed but the nonce.</summary>
public sealed class RecordedLaunchTests(LoopbackServer server)
{
    public static TheoryData<string> All => [.. Recorded.Names("id-tokens")];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Launch_of_a_real_moodle_is_taken(string name)
    {
        var claims = Recorded.Read("id-tokens", name, "id_token", "payload");

        var launch = await LaunchAsync(claims);

        launch.Subject.ShouldBe(claims.GetProperty("sub").GetString());
        launch.DeploymentId.ShouldBe(claims.GetProperty("https://purl.imsglobal.org/spec/lti/claim/deployment_id").GetString());
        launch.Person.Name.ShouldBe(claims.TryGetProperty("name", out var full) ? full.GetString() : null);
        launch.ToolPlatform.ShouldBe(new ToolPlatform("moodle", "2024100706", "refmoodle", "44af70b2814344cdc602b4389b33c146") { Description = "Ref Moodle" });
        launch.Context.ShouldNotBeNull();
        launch.Context.Types.ShouldBe(["CourseSection"]);
        (launch.Roles.IsLearner || launch.Roles.IsInstructor).ShouldBeTrue();
        (launch.MessageType == LtiMessageType.DeepLinking).ShouldBe(name.StartsWith("deep linking", StringComparison.Ordinal));
        (launch.ResourceLink is null).ShouldBe(launch.MessageType == LtiMessageType.DeepLinking);
    }

    [Fact]
    public async Task Student_launch_tells_of_gradebook_members_and_custom_parameters()
    {
        var launch = await LaunchAsync("resource link, student, iframe");

        launch.Ags!.LineItem.ShouldBe(new Uri("http://localhost:8090/mod/lti/services.php/2/lineitems/3/lineitem?type_id=2"));
        launch.Ags.CanManageLineItems.ShouldBeTrue();
        launch.Ags.CanReadResults.ShouldBeTrue();
        launch.Ags.CanPostScores.ShouldBeTrue();
        launch.Nrps!.MembershipsUrl.ShouldBe(new Uri("http://localhost:8090/mod/lti/services.php/CourseSection/2/bindings/2/memberships"));
        launch.Custom["result"].ShouldBe("$Result.url");
        launch.ResourceLink.ShouldBe(new ResourceLink("1", "Credential A", "Issued by the sample tool"));
        launch.Presentation!.DocumentTarget.ShouldBe("iframe");
        launch.Presentation.ReturnUrl!.AbsolutePath.ShouldBe("/mod/lti/return.php");
        launch.Context!.Title.ShouldBe("Credentials 101 – Ünïcode & Co");
    }

    [Fact]
    public async Task Tool_without_column_management_is_told_so()
    {
        var ags = (await LaunchAsync("resource link, instructor, AGS without column management")).Ags!;

        ags.CanManageLineItems.ShouldBeFalse();
        ags.CanReadLineItems.ShouldBeTrue();
    }

    [Fact]
    public async Task Link_with_two_columns_has_no_column_of_its_own()
    {
        var ags = (await LaunchAsync("resource link, student with non-ASCII name; a second line item is coupled to the link")).Ags!;

        ags.LineItem.ShouldBeNull();
        ags.LineItems.ShouldNotBeNull();
    }

    [Fact]
    public async Task Site_administrator_is_one() => (await LaunchAsync("resource link, site administrator")).Roles.IsInstitutionAdministrator.ShouldBeTrue();

    [Fact]
    public async Task Launch_without_services_and_personal_data_has_none()
    {
        var launch = await LaunchAsync("resource link, student, no privacy data and no services granted");

        launch.Person.ShouldBe(new Person(null, null, null, null, null));
        launch.Nrps.ShouldBeNull();
    }

    [Fact]
    public async Task Deep_linking_launch_tells_what_it_accepts()
    {
        var settings = (await LaunchAsync("deep linking, instructor, tool used in the course")).DeepLinking!;

        settings.AcceptTypes.ShouldBe(["ltiResourceLink"]);
        settings.AcceptMultiple.ShouldBeTrue();
        settings.AcceptLineItem.ShouldBeNull();
        settings.Data.ShouldBeNull();
        settings.Title.ShouldBe("ltijs sample");
        settings.ReturnUrl.AbsolutePath.ShouldBe("/mod/lti/contentitem_return.php");
    }

    private Task<ValidLaunch> LaunchAsync(string name) => LaunchAsync(Recorded.Read("id-tokens", name, "id_token", "payload"));

    private async Task<ValidLaunch> LaunchAsync(JsonElement claims)
    {
        var target = new Uri(claims.GetProperty("https://purl.imsglobal.org/spec/lti/claim/target_link_uri").GetString()!);
        using var tool = new TestTool(server.NewSite(), publicUrl: target.GetLeftPart(UriPartial.Authority));
        tool.Platform = tool.Platform with { Issuer = claims.GetProperty("iss").GetString()!, ClientId = claims.GetProperty("aud").GetString()! };
        tool.Clock.Now = DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("iat").GetInt64() + 1);

        var attempt = await tool.PrepareAsync();
        var nonce = attempt.Claims["nonce"]!.GetValue<string>();
        attempt.Claims = JsonNode.Parse(claims.GetRawText())!.AsObject();
        attempt.Claims["nonce"] = nonce;
        return await attempt.SendAsync();
    }
}
