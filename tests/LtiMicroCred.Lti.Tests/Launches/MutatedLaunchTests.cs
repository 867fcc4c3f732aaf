using System.Text.Json;
using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;
using LtiMicroCred.Tests.Mutations;

namespace LtiMicroCred.Lti.Tests.Launches;

/// <summary>Each single change to a valid token, signed by the platform all the same, is refused as a message or harmless: it changes at most the one thing that it is about.</summary>
public sealed class MutatedLaunchTests(LoopbackServer server)
{
    private const int Seed = 20261122;

    private static readonly JsonSerializerOptions s_options = new() { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_one_claim_changed_is_refused_or_changes_nothing_else(bool deepLinking)
    {
        using var tool = new TestTool(server.NewSite());
        var whole = await PrepareAsync(tool, deepLinking);
        var expected = Facts(await whole.SendAsync());
        var (taken, refused) = (0, 0);
        foreach (var mutation in JsonMutation.AllOf(whole.Claims))
        {
            var launch = await FreshAsync(tool, whole, mutation.Text);
            if (await TryAsync(launch, mutation) is not { } facts)
            {
                refused++;
                continue;
            }

            taken++;
            facts["Platform"].ShouldBe(expected["Platform"], mutation.What);
            expected.Keys.Count(fact => fact != "IssuedAt" && facts[fact] != expected[fact]).ShouldBeLessThanOrEqualTo(1, mutation.What);
        }

        // Both happen, or the mutations do not reach what they are meant for.
        taken.ShouldBeGreaterThan(200);
        refused.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public async Task Any_one_member_of_the_header_changed_is_refused_or_changes_nothing()
    {
        using var tool = new TestTool(server.NewSite());
        var whole = await PrepareAsync(tool, deepLinking: false);
        var expected = Facts(await whole.SendAsync());
        foreach (var mutation in JsonMutation.AllOf(whole.Header))
        {
            var launch = await PrepareAsync(tool, deepLinking: false);
            launch.HeaderText = _ => mutation.Text;
            if (await TryAsync(launch, mutation) is { } facts)
                Without(facts, "IssuedAt").ShouldBe(Without(expected, "IssuedAt"), mutation.What);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Damage_by_chance_is_refused_as_a_message(bool inHeader)
    {
        using var tool = new TestTool(server.NewSite());
#pragma warning disable CA5394 // a test that can be repeated, no secret
        var random = new Random(Seed);
#pragma warning restore CA5394
        for (var i = 0; i < 1500; i++)
        {
            var launch = await PrepareAsync(tool, deepLinking: i % 2 == 0);
            JsonMutation? done = null;
            string Damage(string text) => (done = JsonMutation.Chance(text, random)).Text;
            if (inHeader)
                launch.HeaderText = Damage;
            else
                launch.Payload = Damage;
            await TryAsync(launch, () => done!.What);
        }
    }

    private static async Task<LaunchAttempt> FreshAsync(TestTool tool, LaunchAttempt whole, string payload)
    {
        var launch = await tool.PrepareAsync();
        // The nonce is this login's own, wherever it was left as it was.
        launch.Payload = _ => payload.Replace(whole.Claims["nonce"]!.GetValue<string>(), launch.Claims["nonce"]!.GetValue<string>(), StringComparison.Ordinal);
        return launch;
    }

    private static Task<Dictionary<string, string>?> TryAsync(LaunchAttempt launch, JsonMutation mutation) => TryAsync(launch, () => mutation.What);

    /// <returns>Null when it was refused as a message is; anything else that is thrown is a mistake of ours.</returns>
    private static async Task<Dictionary<string, string>?> TryAsync(LaunchAttempt launch, Func<string> what)
    {
        try
        {
            return Facts(await launch.SendAsync());
        }
        catch (LtiException)
        {
            return null;
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{exception.GetType().Name} after: {what()}", exception);
        }
    }

    private static Dictionary<string, string> Facts(ValidLaunch launch) => typeof(ValidLaunch).GetProperties()
        .ToDictionary(fact => fact.Name, fact => JsonSerializer.Serialize(fact.GetValue(launch), s_options), StringComparer.Ordinal);

    private static string Without(Dictionary<string, string> facts, string name) =>
        string.Join('\n', facts.Where(fact => fact.Key != name).Select(fact => $"{fact.Key}: {fact.Value}"));

    /// <summary>A launch that carries every claim that is read.</summary>
    private static async Task<LaunchAttempt> PrepareAsync(TestTool tool, bool deepLinking)
    {
        var launch = await tool.PrepareAsync();
        launch.Claims["aud"] = new JsonArray("tool-1");
        launch.Claims["azp"] = "tool-1";
        launch.Claims["nbf"] = tool.Clock.Now.ToUnixTimeSeconds();
        launch.Claims["name"] = "Minh";
        launch.Claims["given_name"] = "Minh";
        launch.Claims["family_name"] = "Châu";
        launch.Claims["email"] = "minh@lms.example";
        launch.Claims["locale"] = "vi";
        launch["context"] = new JsonObject { ["id"] = "course-1", ["label"] = "DS210", ["title"] = "Data", ["type"] = new JsonArray("http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection") };
        launch["custom"] = new JsonObject { ["credential"] = "c-1", ["name"] = "$Person.name.full" };
        launch["launch_presentation"] = new JsonObject { ["document_target"] = "iframe", ["return_url"] = "https://lms.example/back", ["locale"] = "vi" };
        launch["tool_platform"] = new JsonObject { ["guid"] = "g", ["name"] = "LMS", ["version"] = "1", ["product_family_code"] = "moodle" };
        launch["lis"] = new JsonObject { ["person_sourcedid"] = "S-1" };
        launch["role_scope_mentor"] = new JsonArray("8");
        launch["lti1p1"] = new JsonObject { ["user_id"] = "old", ["oauth_consumer_key"] = "key", ["oauth_consumer_key_sign"] = "sign" };
        launch.Claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = new JsonObject
        {
            ["scope"] = new JsonArray("https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"),
            ["lineitems"] = "https://lms.example/items",
            ["lineitem"] = "https://lms.example/items/1",
        };
        launch.Claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = new JsonObject { ["context_memberships_url"] = "https://lms.example/members", ["service_versions"] = new JsonArray("2.0") };
        return deepLinking ? launch.AsDeepLinking() : launch;
    }
}
