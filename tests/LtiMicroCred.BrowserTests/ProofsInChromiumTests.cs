using System.Text;
using System.Text.Json;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Ledger;
using LtiMicroCred.Ledger.Tests;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace LtiMicroCred.BrowserTests;

/// <summary>The browser judges proofs as the library does: the same vectors, the same damage, the same sentences.</summary>
public sealed class ProofsInChromiumTests(ProofsInChromiumTests.LogPage shared) : IClassFixture<ProofsInChromiumTests.LogPage>
{
    private const string Log = "awards.example.edu/logs/01981c3e-7a10-7c55-8a3b-0d5b6a1f2e3c";
    private const string Award = "0198a7b2-1c3d-7e4f-8a5b-6c7d8e9f0a1b", Other = "0198a7b2-1c3d-7e4f-8a5b-6c7d8e9f0a1c";
    private static readonly string s_hash = new('a', 64);

    /// <summary>What is before the bar becomes what is after it.</summary>
    private static readonly (string Name, string Edit)[] s_entries =
    [
        ("as it is", ""),
        ("hours with a trailing zero", "\"hours\":\"50\"|\"hours\":\"50.0\""),
        ("hours in words", "\"hours\":\"50\"|\"hours\":\"fifty\""),
        ("hours too fine", "\"hours\":\"50\"|\"hours\":\"0.1234567\""),
        ("hours too large", "\"hours\":\"50\"|\"hours\":\"1000000000000\""),
        ("hours as a number", "\"hours\":\"50\"|\"hours\":50"),
        ("hours at the limits", "\"hours\":\"50\"|\"hours\":\"999999999999.999999\""),
        ("an id in capitals", $"\"award\":\"{Award}\"|\"award\":\"{Award.ToUpperInvariant()}\""),
        ("no id", $"\"award\":\"{Award}\"|\"award\":\"x\""),
        ("a hash in capitals", s_hash + "|" + new string('A', 64)),
        ("a hash too short", s_hash + "|" + new string('a', 62)),
        ("credits without a system", "\"hours\"|\"credits\":\"2\",\"hours\""),
        ("a system without credits", "\"hours\"|\"creditSystem\":\"ECTS\",\"hours\""),
        ("credits with their system", "\"hours\"|\"creditSystem\":\"ECTS\",\"credits\":\"2.5\",\"hours\""),
        ("a system beyond ASCII", "\"hours\"|\"creditSystem\":\"학점 \U0001F393\",\"credits\":\"2.5\",\"hours\""),
        ("a system with half a character", "\"hours\"|\"creditSystem\":\"\\ud83c\",\"credits\":\"2.5\",\"hours\""),
        ("a system with a control character", "\"hours\"|\"creditSystem\":\"E\\u0085\",\"credits\":\"2.5\",\"hours\""),
        ("a system too long", $"\"hours\"|\"creditSystem\":\"{new string('E', 41)}\",\"credits\":\"2.5\",\"hours\""),
        ("an escape that is not needed", "\"hours\"|\"creditSystem\":\"\\u0045CTS\",\"credits\":\"2.5\",\"hours\""),
        ("members out of order", $"\"award\":\"{Award}\",|"),
        ("version 0", "\"achievementVersion\":1|\"achievementVersion\":0"),
        ("a version too large", "\"achievementVersion\":1|\"achievementVersion\":2147483648"),
        ("the largest version", "\"achievementVersion\":1|\"achievementVersion\":2147483647"),
        ("a version with a fraction", "\"achievementVersion\":1|\"achievementVersion\":1.5"),
        ("30 February", "2026-11-14T|2026-02-30T"),
        ("29 February of a leap year", "2026-11-14T|2028-02-29T"),
        ("29 February of another", "2026-11-14T|2027-02-29T"),
        ("hour 24", "T09:30:00|T24:00:00"),
        ("second 60", "09:30:00|09:30:60"),
        ("a time to the millisecond", ".000000Z|.000Z"),
        ("another time zone", ".000000Z|.000000+00:00"),
        ("year 0", "2026-11-14T|0000-11-14T"),
        ("year 1", "2026-11-14T|0001-11-14T"),
        ("passed as a text", "\"passed\":true|\"passed\":\"true\""),
        ("not passed", "\"passed\":true|\"passed\":false"),
        ("passed or not", "\"passed\":true|\"passed\":null"),
        ("a list in it", "\"passed\":true|\"passed\":[true]"),
        ("another log", $"\"log\":\"{Log}\"|\"log\":\"elsewhere\""),
        ("no log", $"\"log\":\"{Log}\"|\"log\":\"\""),
        ("another number", "\"number\":1|\"number\":2"),
        ("number 0", "\"number\":1|\"number\":0"),
        ("another version of the format", "\"v\":1|\"v\":2"),
        ("a version in another form", "\"v\":1|\"v\":1.0"),
        ("no version", ",\"v\":1|"),
        ("a member too many", "\"v\":1|\"v\":1,\"w\":1"),
        ("a kind that nobody knows", "award.issued|award.given"),
        ("a kind of everything", "award.issued|toString"),
        ("white space", "\"v\":1|\"v\": 1"),
        ("nothing but a number", "*|7"),
        ("nothing", "*|"),
        ("a list", "*|[1]"),
        ("null", "*|null"),
        ("a publication", $"*|{{\"achievement\":\"{Other}\",\"achievementHash\":\"{s_hash}\",\"achievementVersion\":1,\"at\":\"2026-11-14T09:30:00.000000Z\",\"hours\":\"50\",\"kind\":\"achievement.published\",\"log\":\"{Log}\",\"number\":1,\"v\":1}}"),
        ("a revocation alone", Change("award.revoked", "\"reason\":\"issued-in-error\",")),
        ("a reason of another kind", Change("award.suspended", "\"reason\":\"issued-in-error\",")),
        ("a reason that nobody knows", Change("award.suspended", "\"reason\":\"because\",")),
        ("no reason", Change("award.reinstated", "")),
        ("replaced by itself", Change("award.superseded", $"\"replacedBy\":\"{Award}\",")),
        ("replaced by another", Change("award.superseded", $"\"replacedBy\":\"{Other}\",")),
        ("erased with a reason", Change("learner.erased", "\"reason\":\"learner-request\",")),
    ];

    /// <summary>What a browser found of a bundle.</summary>
    private sealed record Judged(string? Broken, string[] Holds, string[] Open, string? Standing);

    /// <summary>A page of the server that has the scripts; no test changes anything on it.</summary>
    public sealed class LogPage : IAsyncLifetime
    {
        private DemoWorld? _world;
        private Chromium? _chromium;

        internal IPage Page { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _world = await Worlds.EmptyAsync();
            await _world.InviteAsync(CancellationToken.None);
            _chromium = await Chromium.StartAsync();
            Page = await _chromium.WindowAsync();
            await using var connection = await _world.Tool.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
            var tenant = await Dapper.SqlMapper.QuerySingleAsync<Tenant>(connection, "SELECT TenantId, Name FROM Tenant");
            await Page.GoAsync(_world, $"/logs/{tenant.TenantId:D}");
        }

        public async ValueTask DisposeAsync()
        {
            if (_chromium is not null)
                await _chromium.DisposeAsync();
            if (_world is not null)
                await _world.DisposeAsync();
        }
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Bundles_of_another_implementation_get_the_librarys_sentences()
    {
        var cases = Vectors.Json("bundles", "index.json").GetProperty("cases").EnumerateArray().ToList();
        cases.Count.ShouldBe(20);
        foreach (var expected in cases)
        {
            var (bytes, file) = (Vectors.Bytes("bundles", expected.Text("file")), expected.Text("file"));
            var trusted = expected.TryGetProperty("trustedKeys", out _) ? expected.Texts("trustedKeys") : [];

            var judged = (await JudgeAsync([bytes], trusted)).Single();

            (judged.Broken is null).ShouldBe(expected.GetProperty("intact").GetBoolean(), file);
            var check = ProofBundle.Verify(bytes, [.. trusted.Select(VerifierKey.Parse)]);
            judged.Broken.ShouldBe(check.Broken, file);
            judged.Holds.ShouldBe(check.Holds, file);
            judged.Open.ShouldBe(check.NotChecked, file);
            judged.Standing.ShouldBe(check.Standing?.ToString(), file);
        }
    }

    [Theory(Timeout = Chromium.Patience)]
    [InlineData("revoked.json")]
    [InlineData("issued.json")]
    public async Task Damaged_bundles_are_refused_wherever_the_damage_is(string file)
    {
        var bytes = Vectors.Bytes("bundles", file);
        var damaged = new List<byte[]> { Array.Empty<byte>(), new byte[ProofBundle.LongestBundle + 1], (byte[])[0xEF, 0xBB, 0xBF, .. bytes], (byte[])[.. bytes, (byte)'\n'] };
        for (var i = 0; i < bytes.Length; i++)
        {
            var flipped = bytes.ToArray();
            flipped[i] ^= (byte)(1 << (i % 8));
            damaged.Add(flipped);
        }

        damaged.AddRange(Enumerable.Range(0, bytes.Length / 50).Select(i => bytes[..(i * 50)]));

        var judged = await JudgeAsync(damaged, []);

        for (var i = 0; i < damaged.Count; i++)
            Where(judged[i].Broken).ShouldBe(Where(ProofBundle.Verify(damaged[i]).Broken), $"{i}: {judged[i].Broken}");
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Entries_are_read_as_strictly_as_the_library_reads_them()
    {
        // One entry, alone in its log: its hash is the root. So its own bytes decide.
        var key = SigningKey.Generate(Log);
        var rows = s_entries.Select(row => (row.Name, Bytes: Alone(key, Edited(row.Edit)))).ToList();

        var judged = await JudgeAsync([.. rows.Select(row => row.Bytes)], [key.Verifier.ToString()]);

        // 1.0 is 1 to every JSON reader of a browser: it is refused as well, by its form.
        var asForm = rows.FindIndex(row => row.Name == "a version in another form");
        Where(judged[asForm].Broken).ShouldBe("entry");
        judged[asForm] = judged[asForm] with { Broken = ProofBundle.Verify(rows[asForm].Bytes, [key.Verifier]).Broken.ShouldNotBeNull() };
        foreach (var (row, found) in rows.Zip(judged))
            Where(found.Broken).ShouldBe(Where(ProofBundle.Verify(row.Bytes, [key.Verifier]).Broken), $"{row.Name}: {found.Broken}");
        rows.Zip(judged).Where(pair => pair.Second.Broken is null).Select(pair => pair.First.Name).ShouldBe(
            ["as it is", "hours at the limits", "credits with their system", "a system beyond ASCII", "the largest version", "29 February of a leap year", "year 1", "not passed"]);
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Proofs_of_the_tree_are_judged_as_another_implementation_says()
    {
        var inclusion = Vectors.Json("proofs", "inclusion.json").GetProperty("cases");
        var included = await shared.Page.EvaluateAsync<bool[]>(
            "async cases => { const hash = ledgerProofs.hashOf, all = []; for (const c of JSON.parse(cases)) all.push(await ledgerProofs.includes(hash(c.root), c.size, c.leaf, hash(c.leafHash), c.proof.map(h => hash(h) ?? new Uint8Array()))); return all; }",
            inclusion.GetRawText());
        included.ShouldBe(inclusion.EnumerateArray().Select(c => c.GetProperty("valid").GetBoolean()));
        included.ShouldContain(true);
        included.ShouldContain(false);

        var consistency = Vectors.Json("proofs", "consistency.json").GetProperty("cases");
        var consistent = await shared.Page.EvaluateAsync<bool[]>(
            "async cases => { const hash = ledgerProofs.hashOf, all = []; for (const c of JSON.parse(cases)) all.push(await ledgerProofs.isConsistent(hash(c.earlierRoot), c.earlier, hash(c.root), c.size, c.proof.map(h => hash(h) ?? new Uint8Array()))); return all; }",
            consistency.GetRawText());
        consistent.ShouldBe(consistency.EnumerateArray().Select(c => c.GetProperty("valid").GetBoolean()));
        consistent.ShouldContain(true);
        consistent.ShouldContain(false);
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Notes_and_checkpoints_of_other_programs_are_read_and_their_signatures_checked()
    {
        foreach (var note in Vectors.Json("notes", "notes.json").GetProperty("cases").EnumerateArray())
        {
            var found = await shared.Page.EvaluateAsync<JsonElement>("async ([text, key]) => { const note = await ledgerProofs.note(text, [key]); return { text: note.text, signers: note.signers.map(s => s.text), isSigned: note.isSigned }; }", new[] { note.Text("note"), note.Text("key") });
            (found.Text("text"), found.Texts("signers").Single(), found.GetProperty("isSigned").GetBoolean()).ShouldBe((note.Text("text"), note.Text("key"), true), note.Text("source"));
        }

        var checkpoints = Vectors.Json("notes", "checkpoints.json");
        foreach (var expected in checkpoints.GetProperty("cases").EnumerateArray())
        {
            var found = await OpenAsync(expected.Text("note"), checkpoints.Text("key"));
            (found.Text("origin"), found.GetProperty("size").GetInt64(), found.Text("root")).ShouldBe((expected.Text("origin"), expected.GetProperty("size").GetInt64(), expected.Text("root")));
        }
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task Checkpoints_that_are_none_are_refused_with_the_librarys_reason()
    {
        var vectors = Vectors.Json("notes", "checkpoints.json");
        var (good, key) = (vectors.GetProperty("cases")[0].Text("note"), vectors.Text("key"));
        var signer = SigningKey.Generate(Log);
        string[] bad =
        [
            "", "\n", "\n\n", "text", good[..^1], good.Replace("\n\n", "\n", StringComparison.Ordinal), good.Replace("— ", "- ", StringComparison.Ordinal),
            good.Replace("300", "301", StringComparison.Ordinal), good + "\n", good + "x\n", good.Replace("\n", "\r\n", StringComparison.Ordinal), good.Replace("ogPm", "ogPn", StringComparison.Ordinal),
            good.Replace("— awards", "— +awards", StringComparison.Ordinal), good.Replace("ijw4=", "ijw5=", StringComparison.Ordinal), good.Replace("ijw4=", "ijw4", StringComparison.Ordinal),
            Noted(signer, $"{Log}\n0300\n{Convert.ToBase64String(new byte[32])}\n"), Noted(signer, $"{Log}\n9007199254740992\n{Convert.ToBase64String(new byte[32])}\n"),
            Noted(signer, $"{Log}\n300\n{Convert.ToBase64String(new byte[31])}\n"), Noted(signer, $"{Log}\n300\n"), Noted(signer, $"{Log}\n300\n{Convert.ToBase64String(new byte[32])}\n\nmore\n"),
            Noted(signer, $"another.example/logs/1\n300\n{Convert.ToBase64String(new byte[32])}\n"), Noted(signer, $"{Log}\n-1\n{Convert.ToBase64String(new byte[32])}\n"),
        ];
        string[] keys = [key, signer.Verifier.ToString()];
        foreach (var note in bad)
        {
            var reason = await shared.Page.EvaluateAsync<string?>("([text, ...keys]) => ledgerProofs.checkpoint(text, keys).then(() => null, problem => problem.message)", (string[])[note, .. keys]);
            reason.ShouldBe(Should.Throw<LedgerFormatException>(() => Checkpoint.Open(Encoding.UTF8.GetBytes(note), keys.Select(VerifierKey.Parse)), note).Message, note);
        }
    }

    [Theory(Timeout = Chromium.Patience)]
    [InlineData("")]
    [InlineData("a+b")]
    [InlineData("a+00000000+AQ==")]
    [InlineData(" +a203e6bf+AeDh41/KROARu0oxC3CGq/12KS5RkhsTYUPXm76gYR8w")]
    [InlineData("a\u00a0b+a203e6bf+AeDh41/KROARu0oxC3CGq/12KS5RkhsTYUPXm76gYR8w")]
    [InlineData(Log + "+a203e6be+AeDh41/KROARu0oxC3CGq/12KS5RkhsTYUPXm76gYR8w")]
    [InlineData(Log + "+A203E6BF+AeDh41/KROARu0oxC3CGq/12KS5RkhsTYUPXm76gYR8w")]
    [InlineData(Log + "+a203e6bf+AuDh41/KROARu0oxC3CGq/12KS5RkhsTYUPXm76gYR8w")]
    public async Task Keys_that_are_none_are_refused_with_the_librarys_reason(string key)
    {
        var reason = await shared.Page.EvaluateAsync<string?>("key => ledgerProofs.note('', [key]).then(() => null, problem => problem.message)", key);

        reason.ShouldBe(Should.Throw<LedgerFormatException>(() => VerifierKey.Parse(key)).Message);
    }

    private static string Where(string? broken) => broken?.Split(':')[0] ?? "intact";

    private static string Change(string kind, string more) =>
        $"*|{{\"at\":\"2026-11-14T09:30:00.000000Z\",\"award\":\"{Award}\",\"kind\":\"{kind}\",\"log\":\"{Log}\",\"number\":1,{more}\"v\":1}}";

    private static string Edited(string edit)
    {
        var entry = $"{{\"achievement\":\"{Other}\",\"achievementHash\":\"{s_hash}\",\"achievementVersion\":1,\"at\":\"2026-11-14T09:30:00.000000Z\",\"award\":\"{Award}\",\"hours\":\"50\",\"kind\":\"award.issued\",\"log\":\"{Log}\",\"number\":1,\"passed\":true,\"subjectRef\":\"{s_hash}\",\"v\":1}}";
        if (edit.Length == 0)
            return entry;
        var (before, after) = (edit[..edit.IndexOf('|', StringComparison.Ordinal)], edit[(edit.IndexOf('|', StringComparison.Ordinal) + 1)..]);
        return before == "*" ? after : entry.Replace(before, after, StringComparison.Ordinal);
    }

    private static byte[] Alone(SigningKey key, string entry)
    {
        var bytes = Encoding.UTF8.GetBytes(entry);
        return new ProofBundle
        {
            Checkpoint = new Checkpoint { Origin = Log, Size = 1, Root = Merkle.LeafHash(bytes) }.Sign(key),
            Entries = [new ProvenEntry(bytes, 1, [])],
            Keys = [key.Verifier],
        }.Encode();
    }

    private static string Noted(SigningKey key, string text) => Encoding.UTF8.GetString(SignedNote.Sign(text, key));

    private Task<JsonElement> OpenAsync(string note, string key) => shared.Page.EvaluateAsync<JsonElement>(
        "async ([note, key]) => { const found = await ledgerProofs.checkpoint(note, [key]); return { origin: found.origin, size: found.size, root: Array.from(found.root, b => b.toString(16).padStart(2, '0')).join('') }; }", new[] { note, key });

    private async Task<Judged[]> JudgeAsync(IReadOnlyList<byte[]> bundles, IReadOnlyList<string> trusted)
    {
        var found = await shared.Page.EvaluateAsync<string>(
            """
            async ([trusted, ...bundles]) => {
              const all = [];
              for (const bundle of bundles) {
                const found = await ledgerProofs.bundle(Uint8Array.from(atob(bundle), letter => letter.charCodeAt(0)), trusted ? trusted.split(" ") : []);
                all.push({ broken: found.broken, holds: found.holds.map(s => sentenceOf(...s)), open: found.open.map(s => sentenceOf(...s)), standing: found.standing });
              }
              return JSON.stringify(all);
            }
            """,
            (string[])[string.Join(' ', trusted), .. bundles.Select(Convert.ToBase64String)]);
        return JsonSerializer.Deserialize<Judged[]>(found, JsonSerializerOptions.Web)!;
    }
}
