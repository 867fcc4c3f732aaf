using System.CommandLine;
using System.Globalization;
using System.Text;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Features.Platforms;

namespace LtiMicroCred;

internal static partial class CommandLine
{
    private static Command KeysVerb()
    {
        var platform = new Option<string?>("--platform") { Description = "The id of one registration." };
        var all = new Option<bool>("--all") { Description = "Every registration." };
        var logs = new Option<bool>("--logs") { Description = "The keys that sign the ledger's checkpoints. The old ones sign beside the new for 35 days; with --now no more." };
        var now = new Option<bool>("--now") { Description = "For a key that has leaked: the new one signs at once, and the old ones are gone. An LMS that keeps our keys for a while refuses us until then." };
        var rotate = Verb("rotate", "Publishes a new key at once; it signs in two hours, and the old one stays published for another day.", (parsed, ct) => parsed.GetValue(logs) ? RotateLogsAsync(parsed.GetValue(now), ct) : RotateAsync(parsed.GetValue(platform), parsed.GetValue(now), ct), platform, all, now);
        rotate.Add(logs);
        rotate.Validators.Add(r =>
        {
            if (new[] { r.GetValue(all), r.GetValue(platform) is not null, r.GetValue(logs) }.Count(given => given) != 1)
                r.AddError("keys rotate takes one of --platform ID, --all and --logs.");
        });
        return new Command("keys", "The keys that this tool signs with, a set for each registration.")
        {
            Verb("list", "One line a key: registration, key id, waiting, signing, leaving or retired, signs from, published until or -.", (_, ct) => ListKeysAsync(ct)),
            rotate,
        };
    }

    private static Command LtiConfigVerb()
    {
        var url = new Option<string?>("--url") { Description = "The server's address; an example where it is left out." };
        url.Validators.Add(r =>
        {
            if (r.GetValue(url) is { } text && (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http")))
                r.AddError("--url takes a web address, for example --url https://credentials.example.edu.");
        });
        var verb = Verb("lti-config", "Writes how to connect each LMS, as pages for its administrator.", (parsed, ct) => WriteConfigAsync(parsed.GetValue<string>("folder")!, parsed.GetValue(url), ct), url);
        verb.Add(new Argument<string>("folder") { Description = "Where to write; made when missing." });
        return verb;
    }

    private static string Written(KeyStanding standing) => standing.ToString().ToLowerInvariant();

    private static async Task<int> ListKeysAsync(CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        foreach (var key in await app.Services.GetRequiredService<ListKeys>().AllAsync(platformId: null, ct))
            Console.WriteLine(string.Join('\t', key.PlatformId, key.KeyId, Written(key.Standing), Moment(key.SignsFrom), key.PublishedUntil is { } until ? Moment(until) : "-"));
        return ExitCode.Done;
    }

    private static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <param name="platform">Null for every registration.</param>
    /// <param name="now">Without waiting, and without the old keys.</param>
    /// <param name="ct">Stops between two registrations.</param>
    private static async Task<int> RotateAsync(string? platform, bool now, CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        var rotate = app.Services.GetRequiredService<RotateKeys>();
        var known = await rotate.PlatformsAsync(ct);
        if (platform is not null && !(Guid.TryParse(platform, out var id) && known.Contains(id)))
        {
            await Console.Error.WriteLineAsync($"There is no registration {platform}. See keys list.");
            return ExitCode.Refused;
        }

        foreach (var platformId in platform is null ? known : [Guid.Parse(platform)])
            Console.WriteLine($"{platformId:D}\t{(now ? await WithdrawAsync(platformId) : await rotate.RotateAsync(platformId, ct) == Rotation.Begun ? "begun" : "under way before")}");
        await rotate.RetireAsync(ct);
        return ExitCode.Done;

        async Task<string> WithdrawAsync(Guid platformId)
        {
            await rotate.WithdrawAsync(platformId, ct);
            return "replaced";
        }
    }

    private static async Task<int> RotateLogsAsync(bool now, CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        var keys = app.Services.GetRequiredService<LogKeys>();
        foreach (var (logId, origin) in await keys.DueAsync(TimeSpan.Zero, ct))
        {
            await keys.RotateAsync(logId, origin, leaked: now, ct);
            Console.WriteLine($"{logId:D}\t{(now ? "replaced" : "begun")}");
        }

        await keys.RetireAsync(ct);
        return ExitCode.Done;
    }

    private static async Task<int> WriteConfigAsync(string folder, string? url, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in LtiConfigFiles.For(url is null ? LtiConfigFiles.ExampleUrl : new Uri(url)))
        {
            var file = Path.Combine(folder, name);
            await File.WriteAllTextAsync(file, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), ct);
            Console.WriteLine(file);
        }

        return ExitCode.Done;
    }
}
