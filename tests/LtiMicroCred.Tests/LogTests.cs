using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Ledger;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>A tenant's log as the world sees it: over HTTP, by the command line, and in the file of checkpoints.</summary>
public sealed class LogTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Anybody_can_prove_over_HTTP_that_the_log_holds_an_award_and_only_grew()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 600);
        using var http = new HttpClient { BaseAddress = new Uri($"{await product.ServeAsync()}/logs/{room.TenantId:D}/") };
        await PassAsync(product, room, 1, 2);
        var earlier = await CheckpointAsync(http, 3);
        await PassAsync(product, room, 3, 600);
        var later = await CheckpointAsync(http, 601);

        var key = VerifierKey.Parse((await http.GetStringAsync(new Uri("keys", UriKind.Relative), Cancel)).TrimEnd('\n'));
        var (before, now) = (Checkpoint.Open(earlier, [key]), Checkpoint.Open(later, [key]));
        var consistency = await http.GetFromJsonAsync<JsonElement>($"consistency/{before.Size}/{now.Size}", Cancel);
        var path = consistency.GetProperty("proof").EnumerateArray().Select(hash => Convert.FromHexString(hash.GetString()!)).ToList();
        MerkleProof.IsConsistent(before.Root, before.Size, now.Root, now.Size, path).ShouldBeTrue();
        (await new HashTree(new TilesOverHttp(http), now.Size).RootAsync(Cancel)).ShouldBe(now.Root);

        var award = await AwardAsync(product, 400);
        var bundle = await http.GetByteArrayAsync(new Uri($"awards/{award:D}/proof.json", UriKind.Relative), Cancel);
        var check = ProofBundle.Verify(bundle, [key]);
        (check.Broken, check.Standing, check.Award!.AwardId).ShouldBe((null, AwardStanding.Issued, award));
    }

    [Theory]
    [InlineData("tile/0/002.p/90")]
    [InlineData("tile/0/009")]
    [InlineData("tile/3/000")]
    [InlineData("tile/0/2")]
    [InlineData("tile/x")]
    [InlineData("consistency/5/602")]
    [InlineData("consistency/7/6")]
    [InlineData("awards/00000000-0000-4000-8000-000000000001/proof.json")]
    [InlineData("../00000000-0000-4000-8000-000000000001/checkpoint")]
    [InlineData("../00000000-0000-4000-8000-000000000001/keys")]
    [InlineData("../00000000-0000-4000-8000-000000000001/tile/0/000")]
    public async Task What_is_not_there_is_not_found(string path)
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 600);
        await PassAsync(product, room, 1, 600);
        await SignAsync(product);
        using var http = new HttpClient { BaseAddress = new Uri($"{await product.ServeAsync()}/logs/{room.TenantId:D}/") };

        (await http.GetAsync(new Uri("tile/0/002.p/89", UriKind.Relative), Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetAsync(new Uri(path, UriKind.Relative), Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_proof_of_an_award_is_given_by_its_own_log_alone()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        await product.SendAsync(new InvitePlatform("Another university", TimeSpan.FromHours(1)));
        await PassAsync(product, room, 1, 1);
        await SignAsync(product);
        var other = await OtherTenantAsync(product, room);
        using var http = new HttpClient { BaseAddress = new Uri($"{await product.ServeAsync()}/logs/") };

        (await http.GetAsync(new Uri($"{room.TenantId:D}/awards/{await AwardAsync(product, 1):D}/proof.json", UriKind.Relative), Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetAsync(new Uri($"{other:D}/awards/{await AwardAsync(product, 1):D}/proof.json", UriKind.Relative), Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Entries_are_for_auditors_of_their_own_institution()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 3);
        await product.SendAsync(new InvitePlatform("Another university", TimeSpan.FromHours(1)));
        await PassAsync(product, room, 1, 3);
        await SignAsync(product);
        var key = await product.SendAsync(new MakeAuditorKey("University of Lindhaven", "the court of auditors"));
        var others = await product.SendAsync(new MakeAuditorKey("Another university", "the court of auditors"));
        using var http = new HttpClient { BaseAddress = new Uri($"{await product.ServeAsync()}/logs/{room.TenantId:D}/") };

        (await EntriesAsync(http, null)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await EntriesAsync(http, others)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await EntriesAsync(http, key[..^1])).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var packed = await (await EntriesAsync(http, key)).Content.ReadAsByteArrayAsync(Cancel);
        var entries = new EntryBundle(0, 4).Unpack(packed).Select(bytes => EntryFormat.Decode(bytes)).ToList();
        entries.Select(entry => entry.Number).ShouldBe([1, 2, 3, 4]);
        entries.Count(entry => entry.Entry is AwardIssued).ShouldBe(3);

        var id = (await product.Services.GetRequiredService<AuditorKeys>().AllAsync(Cancel)).Single(k => k.Tenant == "University of Lindhaven").AuditorKeyId;
        (await product.SendAsync(new RevokeAuditorKey(id))).ShouldBeTrue();
        (await EntriesAsync(http, key)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_proof_is_checked_without_database_or_network()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 2);
        await PassAsync(product, room, 1, 2);
        await SignAsync(product);
        var (bundle, award) = await BundleAsync(product, room, 1);
        var file = Path.Combine(Path.GetDirectoryName(product.File)!, "proof.json");
        await File.WriteAllBytesAsync(file, bundle, Cancel);
        var key = (await product.Services.GetRequiredService<LogKeys>().OfAsync(room.TenantId, Cancel)).ShouldHaveSingleItem().ToString();
        Dictionary<string, string> nothing = [];

        var good = await ToolProcess.RunAsync(nothing, "ledger", "verify-bundle", file, "--key", key);
        good.ExitCode.ShouldBe(ExitCode.Done, good.Errors);
        good.Output.ShouldStartWith($"INTACT award {award:D}, issued\nholds: ");
        var untrusted = await ToolProcess.RunAsync(nothing, "ledger", "verify-bundle", file, "--json");
        var json = JsonDocument.Parse(untrusted.Output).RootElement;
        (json.GetProperty("intact").GetBoolean(), json.GetProperty("standing").GetString()).ShouldBe((true, "issued"));
        json.GetProperty("notChecked")[0].GetString()!.ShouldStartWith("No key was given to trust");

        bundle[Array.IndexOf(bundle, (byte)'7')]++;
        await File.WriteAllBytesAsync(file, bundle, Cancel);
        var bad = await ToolProcess.RunAsync(nothing, "ledger", "verify-bundle", file);
        (bad.ExitCode, bad.Output.StartsWith("BROKEN ", StringComparison.Ordinal)).ShouldBe((ExitCode.Broken, true), bad.Output);
        (await ToolProcess.RunAsync(nothing, "ledger", "verify-bundle", file + ".missing")).ExitCode.ShouldBe(ExitCode.Usage);
        (await ToolProcess.RunAsync(nothing, "ledger", "verify-bundle", file, "--key", "nonsense")).Errors.ShouldContain("--key takes a verifier key");
    }

    [Fact]
    public async Task Checkpoints_are_copied_to_a_file_that_finds_a_ledger_restored_to_an_older_point()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 3);
        await PassAsync(product, room, 1, 1);
        await SignAsync(product);
        var backup = product.File + ".backup";
        await product.ExecuteAsync($"VACUUM INTO '{backup}'");
        await PassAsync(product, room, 2, 3);
        await SignAsync(product);
        var checkpoints = product.File + ".checkpoints";
        var environment = new Dictionary<string, string>(product.Configuration, StringComparer.Ordinal);

        var intact = await ToolProcess.RunAsync(environment, "ledger", "verify", "--from", checkpoints);
        intact.ShouldBe((ExitCode.Done, "INTACT 4 entries in 1 logs\n2 checkpoints and 0 tiles agree, and 2 outside checkpoints\n", ""));

        environment["LtiMicroCred__Database__ConnectionString"] = $"Data Source={backup}";
        var alone = await ToolProcess.RunAsync(environment, "ledger", "verify");
        alone.Output.ShouldBe("INTACT 2 entries in 1 logs\n1 checkpoints and 0 tiles agree; no outside checkpoint was given\n");
        var older = await ToolProcess.RunAsync(environment, "ledger", "verify", "--from", checkpoints);
        older.ShouldBe((ExitCode.Broken, "BROKEN entry 3 LedgerEntry.Number: missing: an outside checkpoint counts 4 entries\n", ""));

        // Started all the same, it signs nothing that contradicts what it has shown.
        await product.PutInPlaceAsync(backup);
        await PassAsync(product, room, 3, 3);
        using var server = await ToolProcess.ServeAsync(new Dictionary<string, string>(product.Configuration, StringComparer.Ordinal) { ["Urls"] = "http://127.0.0.1:0" });
        await Campus.UntilAsync(() => Task.FromResult(server.Log.Contains("but 4 entries were signed before", StringComparison.Ordinal)), "the server refuses to sign");
        (await product.CountAsync("LedgerCheckpoint")).ShouldBe(1);
    }

    [Fact]
    public async Task A_file_without_a_checkpoint_is_a_mistake_and_not_a_finding()
    {
        await using var product = await ProductDatabase.CreateAsync();
        await product.FurnishAsync(learners: 0);

        var (code, output, errors) = await ToolProcess.RunAsync(product.Configuration, "ledger", "verify", "--from", product.File);

        (code, output).ShouldBe((ExitCode.Usage, ""));
        errors.ShouldContain("holds no checkpoint");
    }

    [Fact]
    public async Task A_file_of_checkpoints_that_cannot_be_written_holds_up_nothing_and_catches_up()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 2);
        var file = product.File + ".checkpoints";
        Directory.CreateDirectory(file);
        await PassAsync(product, room, 1, 1);

        (await Should.ThrowAsync<IOException>(() => SignAsync(product))).Message.ShouldContain("LtiMicroCred:Ledger:CheckpointFile");
        await PassAsync(product, room, 2, 2);
        Directory.Delete(file);
        await SignAsync(product);

        CheckpointFile.Parse(await File.ReadAllBytesAsync(file, Cancel)).Notes.Select(note => Checkpoint.Parse(SignedNote.Parse(note).Text).Size).ShouldBe([3]);
    }

    [Fact]
    public async Task While_a_key_replaces_another_both_sign_and_then_the_old_one_is_destroyed()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 3);
        var keys = product.Services.GetRequiredService<LogKeys>();
        await PassAsync(product, room, 1, 1);
        await SignAsync(product);
        var old = (await keys.OfAsync(room.TenantId, Cancel)).ShouldHaveSingleItem();

        (await ToolProcess.RunAsync(product.Configuration, "keys", "rotate", "--logs")).ShouldBe((ExitCode.Done, $"{room.TenantId:D}\tbegun\n", ""));
        await PassAsync(product, room, 2, 2);
        await SignAsync(product);
        var known = await keys.OfAsync(room.TenantId, Cancel);
        known.Count.ShouldBe(2);
        var note = (await keys.NewestCheckpointsAsync(Cancel)).ShouldHaveSingleItem();
        SignedNote.Parse(note).SignedBy(known).Count.ShouldBe(2);

        (await ToolProcess.RunAsync(product.Configuration, "keys", "rotate", "--logs", "--now")).Output.ShouldBe($"{room.TenantId:D}\treplaced\n");
        await PassAsync(product, room, 3, 3);
        await SignAsync(product);
        var newest = (await keys.NewestCheckpointsAsync(Cancel)).ShouldHaveSingleItem();
        Should.Throw<LedgerFormatException>(() => Checkpoint.Open(newest, [old]));
        (await product.CountAsync("LogKey WHERE SealedSeed IS NOT NULL")).ShouldBe(1);
        (await product.VerifyAsync()).Checkpoints.ShouldBe(3, "what the old keys signed is verified by them still");
    }

    [Fact]
    public async Task Two_processes_sign_one_log_without_contradicting_each_other()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 60);
        var settings = new Dictionary<string, string>(product.Configuration, StringComparer.Ordinal) { ["Urls"] = "http://127.0.0.1:0", ["LtiMicroCred__Ledger__CheckpointEntries"] = "1" };
        using (await ToolProcess.ServeAsync(settings))
        using (await ToolProcess.ServeAsync(settings))
        {
            for (var i = 1; i <= 60; i++)
            {
                await PassAsync(product, room, i, i);
                await Task.Delay(50, Cancel);
            }

            await Campus.UntilAsync(async () => await product.CountAsync("LedgerCheckpoint WHERE Size = 61") == 1, "the last award is signed");
        }

        var verification = await product.VerifyAsync();
        verification.Break.ShouldBeNull();
        verification.Checkpoints.ShouldBeGreaterThan(2);
        (await product.CountAsync("LogKey")).ShouldBe(1);
        var copied = CheckpointFile.Parse(await File.ReadAllBytesAsync(product.File + ".checkpoints", Cancel));
        copied.Warnings.ShouldBeEmpty();
        (await product.Services.GetRequiredService<VerifyLedger>().RunAsync(copied.Notes, [], progress: null, Cancel)).Break.ShouldBeNull();
    }

    private static async Task SignAsync(ProductDatabase product)
    {
        await product.Services.GetRequiredService<SignCheckpoints>().RunAsync(everything: true, Cancel);
        await product.Services.GetRequiredService<CheckpointCopies>().WriteAsync(Cancel);
    }

    private static Task PassAsync(ProductDatabase product, Classroom room, int from, int to) => product.SendAsync(new RecordResults(
        room.OwnColumn, [.. Enumerable.Range(from, to - from + 1).Select(i => new Result { UserId = FormattableString.Invariant($"{i}"), ResultScore = 80, ResultMaximum = 100, MessageHash = [1] })]));

    private static async Task<byte[]> CheckpointAsync(HttpClient http, long size)
    {
        byte[] note = [];
        await Campus.UntilAsync(async () =>
        {
            using var answer = await http.GetAsync(new Uri("checkpoint", UriKind.Relative), Cancel);
            note = await answer.Content.ReadAsByteArrayAsync(Cancel);
            return answer.IsSuccessStatusCode && Checkpoint.Parse(SignedNote.Parse(note).Text).Size == size;
        }, $"a checkpoint of {size} entries is signed");
        return note;
    }

    private static async Task<HttpResponseMessage> EntriesAsync(HttpClient http, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "tile/entries/000.p/4");
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await http.SendAsync(request, Cancel);
    }

    private static async Task<(byte[] Bundle, Guid Award)> BundleAsync(ProductDatabase product, Classroom room, int learner)
    {
        var award = await AwardAsync(product, learner);
        await using var connection = await product.OpenAsync();
        var keys = await product.Services.GetRequiredService<LogKeys>().OfAsync(room.TenantId, Cancel);
        return ((await new LedgerCheckpoints(LedgerEngine.Sqlite).ProveAsync(connection, room.TenantId, award, keys, Cancel)).ShouldNotBeNull().Encode(), award);
    }

    private static async Task<Guid> AwardAsync(ProductDatabase product, int learner)
    {
        await using var connection = await product.OpenAsync();
        return await Dapper.SqlMapper.QuerySingleAsync<Guid>(
            connection, "SELECT AwardId FROM Award WHERE LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = @Subject)", new { Subject = FormattableString.Invariant($"{learner}") });
    }

    private static async Task<Guid> OtherTenantAsync(ProductDatabase product, Classroom room)
    {
        await using var connection = await product.OpenAsync();
        return await Dapper.SqlMapper.QuerySingleAsync<Guid>(connection, "SELECT TenantId FROM Tenant WHERE TenantId <> @TenantId", new { room.TenantId });
    }

    private sealed class TilesOverHttp(HttpClient http) : ITileSource
    {
        public async ValueTask<byte[]> ReadAsync(Tile tile, CancellationToken cancellationToken) =>
            await http.GetByteArrayAsync(new Uri(tile.Path, UriKind.Relative), cancellationToken);
    }
}
