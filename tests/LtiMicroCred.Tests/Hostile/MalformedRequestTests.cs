using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Dapper;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.Hostile;

/// <summary>
/// Malformed requests to every address of a server in a process of its own: none makes it fail, none fills its tables, and its memory stays flat.
/// <c>LTIMICROCRED_TEST_MALFORMED</c> sets another number than 100,000, <c>LTIMICROCRED_TEST_SEED</c> another seed.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class MalformedRequestTests
{
    private const int Connections = 4;

    // Every address of the server, with the fields that it reads and the handlers of its page.
    private static readonly RouteRow[] s_rows =
    [
        new("/", [], []),
        new("/about/accessibility", [], []),
        new("/about/help", [], []),
        new("/about/privacy", [], []),
        new("/admin/{tab=platforms}", ["id", "tenant", "deployment", "q"], ["Approve", "Refuse", "Invite", "InviteTool", "SignOut"]),
        new("/admin/platforms/{id:guid}", ["name", "algorithms", "anonymous", "deployments", "deployment"], ["Approve", "Refuse", "Rotate", "Save"]),
        new("/assets/{file}", [], []),
        new("/c/{code}", ["q"], ["Entry"]),
        new("/connect/{lms?}", [], []),
        new("/error", [], []),
        new("/health/live", [], []),
        new("/health/ready", [], []),
        new("/icon.svg", [], []),
        new("/l/{launchId}/connect", ["way", "id", "assessment"], ["Make", "Use", "Stop"]),
        new("/l/{launchId}/course", ["standing", "q", "page", "evidence"], ["Check", "List", "Evidence"]),
        new("/l/{launchId}/award-by-hand", ["q", "learner", "kind", "reason", "assessor", "statement"], []),
        new("/l/{launchId}/decide", ["learner", "decision", "reason"], []),
        new("/l/{launchId}/follow-ups", ["on", "stop", "follow", "all"], ["Switch", "Retry"]),
        new("/l/{launchId}/policy", ["policy"], []),
        new("/l/{launchId}/rule", ["replaces", "form.needs", "form.count", "form.mean", "form.by", "form.until", "form.assessments[0].value", "form.assessments[999999].name"], ["Try", "Use", "Add"]),
        new("/l/{launchId}/undo", ["from", "to", "reason"], []),
        new("/l/{launchId}/gate", ["on", "batch"], ["Switch", "Confirm", "Dismiss"]),
        new("/l/{launchId}/gradebook", ["assessment", "column"], ["Choose", "Use", "Stop"]),
        new("/l/{launchId}/import", ["assessment", "draft", "page", "entered", "problem", "text", "maximum", "score", "by"], ["Example", "Read", "Enter", "Undo"]),
        new("/l/{launchId}/learner", ["show"], ["Visibility"]),
        new("/l/{launchId}/pick", ["q", "new", "achievement", "threshold", "hours", "level"], ["Insert", "Cancel"]),
        new("/l/{launchId}/published", ["tool", "title", "target", "custom"], ["Invite", "Save", "Use", "Stop"]),
        new("/l/{launchId}/quiz", [], []),
        new("/l/{launchId}/review", ["evidence"], []),
        new("/l/{launchId}/window/{page}", ["handover"], []),
        new("/logs/{logId:guid}", ["q"], []),
        new("/logs/{logId:guid}/awards/{awardId:guid}/proof.json", [], []),
        new("/logs/{logId:guid}/checkpoint", [], []),
        new("/logs/{logId:guid}/consistency/{from:long}/{to:long}", [], []),
        new("/logs/{logId:guid}/keys", [], []),
        new("/logs/{logId:guid}/tile/entries/{**path}", [], []),
        new("/logs/{logId:guid}/tile/{**path}", [], []),
        new("/lti/in-place/ask", [], []),
        new("/lti/in-place/essentials", [], []),
        new("/lti/in-place/keep", [], []),
        new("/lti/jwks/{platformId:guid}", [], []),
        new("/lti/launch", ["id_token", "state", "storage", "error", "error_description"], []),
        new("/lti/login", ["iss", "login_hint", "target_link_uri", "client_id", "lti_deployment_id", "lti_message_hint", "lti_storage_target"], []),
        new("/lti/notices", ["notices"], []),
        new("/lti/restart", ["state"], []),
        new("/operator/{token}", [], []),
        new("/platform/in-place/answer", [], []),
        new("/platform/{tenantId:guid}/.well-known/openid-configuration", [], []),
        new("/platform/{tenantId:guid}/authorize", ["scope", "response_type", "response_mode", "prompt", "client_id", "redirect_uri", "state", "nonce", "login_hint", "lti_message_hint"], []),
        new("/platform/{tenantId:guid}/jwks", [], []),
        new("/platform/{tenantId:guid}/links/{linkId:guid}/lineitems", [], []),
        new("/platform/{tenantId:guid}/links/{linkId:guid}/lineitems/1", [], []),
        new("/platform/{tenantId:guid}/links/{linkId:guid}/lineitems/1/results", ["user_id"], []),
        new("/platform/{tenantId:guid}/links/{linkId:guid}/lineitems/1/scores", ["userId", "timestamp", "scoreGiven", "scoreMaximum"], []),
        new("/platform/{tenantId:guid}/links/{linkId:guid}/memberships", ["rlid"], []),
        new("/platform/{tenantId:guid}/register", ["client_name", "redirect_uris"], []),
        new("/platform/{tenantId:guid}/return", [], []),
        new("/platform/{tenantId:guid}/token", ["grant_type", "client_assertion_type", "client_assertion", "scope"], []),
        new("/published/{token}", ["url", "client_name", "initiate_login_uri", "redirect_uris", "jwks_uri", "target_link_uri"], ["Open", "ByHand"]),
        new("/register/{token}", ["openid_configuration", "registration_token", "lms", "issuer", "client_id", "deployments", "algorithms"], ["ByHand"]),
        new("/register/{token}/canvas.json", [], []),
    ];

    private static int Count => Setting("LTIMICROCRED_TEST_MALFORMED", 100_000);

    private static int Seed => Setting("LTIMICROCRED_TEST_SEED", 20_261_122);

    [Fact]
    public async Task Every_address_of_the_server_has_a_row()
    {
        await using var product = await ProductDatabase.CreateAsync();
        await product.ServeAsync();
        var addresses = product.Endpoints.OfType<RouteEndpoint>().Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct(StringComparer.Ordinal);
        addresses.Except(s_rows.Select(row => row.Pattern), StringComparer.Ordinal).ShouldBeEmpty("malformed requests are sent to every address: give each new one a row");
    }

    [Fact]
    public async Task Malformed_requests_never_make_the_server_fail_grow_or_fill_its_tables()
    {
        await using var product = await ProductDatabase.CreateAsync($"http://127.0.0.1:{DemoWorld.FreePort()}");
        // Each method is compiled once: methods that are compiled again after thousands of calls are no growth by what is sent.
        using var server = await ToolProcess.ServeAsync(new Dictionary<string, string>(product.Configuration, StringComparer.Ordinal) { ["DOTNET_TieredCompilation"] = "0" });
        await using var platform = await HostilePlatform.RegisterAsync(product);
        var (doors, state, stateCookie) = await OpenDoorsAsync(platform, product.PublicUrl);
        var before = await RowsAsync(product);

        var host = new Uri(product.PublicUrl).Authority;
#pragma warning disable CA5394 // requests that can be repeated, no secrets
        var maker = new RequestMaker(new Random(Seed), s_rows, doors, state, stateCookie, host);
#pragma warning restore CA5394
        var failures = new ConcurrentQueue<string>();
        var statuses = new ConcurrentDictionary<int, int>();
        var warm = Math.Min(20_000, Count / 5);
        await SendAsync(maker, warm, product.PublicUrl, statuses, failures);
        var memory = await SettledMemoryAsync(server);
        await SendAsync(maker, Count - warm, product.PublicUrl, statuses, failures);
        await SendSlowlyAsync(new Uri(product.PublicUrl));

        failures.ShouldBeEmpty($"seed {Seed}; the server says: {server.Log}");
        // They were heard: refusals of several kinds, and pages of the launches that are real.
        statuses.Keys.ToHashSet().IsSupersetOf([200, 400, 404, 405, 413, 431]).ShouldBeTrue(string.Join(' ', statuses));
        (await SettledMemoryAsync(server)).ShouldBeLessThanOrEqualTo((long)(memory * 1.1), $"kB of working set after {warm} and after {Count} requests");
        foreach (var (table, rows) in await RowsAsync(product))
            (rows - before[table]).ShouldBeLessThanOrEqualTo(Allowed(table), $"new rows of {table}");
        using var wire = new Wire();
        (await wire.GetAsync(product.PublicUrl + "/health/ready")).Status.ShouldBe(200);
    }

    /// <summary>How many rows of a table anybody may cause; none where it does not say otherwise.</summary>
    private static long Allowed(string table) => table switch
    {
        // A ring for each registration and one for those that nobody knows.
        "LaunchTrace" => 200,
        _ => 0,
    };

    private static async Task SendAsync(RequestMaker maker, int count, string url, ConcurrentDictionary<int, int> statuses, ConcurrentQueue<string> failures)
    {
        var gate = new Lock();
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var connection = new RawConnection(new Uri(url).Port);
            while (true)
            {
                RawRequest request;
                lock (gate)
                {
                    if (left-- <= 0)
                        return;
                    request = maker.Next();
                }

                var status = await connection.SendAsync(request, CancellationToken.None);
                statuses.AddOrUpdate(status, 1, static (_, seen) => seen + 1);
                // RFC 9110 15.6.6: what speaks another HTTP is told so by 505.
                if (status >= 500 && !(status == 505 && request.Kind == "request line") && failures.Count < 20)
                    failures.Enqueue($"{status} to {request.Kind}: {Encoding.Latin1.GetString(request.Bytes.AsSpan(0, Math.Min(600, request.Bytes.Length)))}");
            }
        })));
    }

    /// <summary>Twenty bodies that never come to their end: they hold up nobody else.</summary>
    private static async Task SendSlowlyAsync(Uri url)
    {
        var slow = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", url.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /lti/launch HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nstate="));
            slow.Add(socket);
        }

        using var wire = new Wire();
        (await wire.GetAsync(url + "health/live")).Status.ShouldBe(200);
        foreach (var socket in slow)
            socket.Dispose();
    }

    /// <summary>Launches of a learner, an instructor and someone who picks, and a login whose launch has not come.</summary>
    private static async Task<(IReadOnlyList<OpenDoor> Doors, string State, string Cookie)> OpenDoorsAsync(HostilePlatform platform, string tool)
    {
        var doors = new List<OpenDoor>();
        foreach (var prepare in new Func<HostileLaunch, HostileLaunch>[] { launch => launch, launch => launch.AsStaff(), launch => launch.AsDeepLinking() })
        {
            using var wire = new Wire();
            var received = await prepare(await platform.BeginAsync(wire, tool)).PostAsync(wire);
            received.Status.ShouldBe(303, received.Text);
            var page = await wire.FollowAsync(received);
            doors.Add(new OpenDoor(
                page.LaunchId,
                string.Join("; ", wire.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")),
                page.Document.QuerySelector("input[name=__RequestVerificationToken]")?.GetAttribute("value") ?? "",
                page.Document.QuerySelector("input[name=handover]")?.GetAttribute("value") ?? ""));
        }

        using var waiting = new Wire();
        var begun = await platform.BeginAsync(waiting, tool);
        return (doors, begun.State, string.Join("; ", waiting.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
    }

    private static async Task<Dictionary<string, long>> RowsAsync(ProductDatabase product)
    {
        await using var connection = await product.OpenAsync();
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in await connection.QueryAsync<string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))
            rows[table] = await product.CountAsync(table);
        return rows;
    }

    /// <summary>In kB, the least of a few looks: what the collector has not got round to yet is not kept.</summary>
    private static async Task<long> SettledMemoryAsync(ToolProcess server)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            await Task.Delay(500);
            var line = (await File.ReadAllLinesAsync($"/proc/{server.Id}/status")).Single(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            least = Math.Min(least, long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture));
        }

        return least;
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
