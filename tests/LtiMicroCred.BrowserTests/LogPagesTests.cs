using System.Text;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>What auditors, registrars and employers do with a ledger, without an account.</summary>
public sealed class LogPagesTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task A_log_shows_its_checkpoints_from_none_to_many()
    {
        await using var world = await Worlds.EmptyAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await world.InviteAsync(CancellationToken.None);
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");

        await window.GoAsync(world, $"/logs/{log:D}");
        await Expect(window.GetByText("There is no checkpoint yet")).ToBeVisibleAsync();
        await window.LookAtAsync("log-empty");

        await PublishAsync(world, log, 1);
        await window.ReloadAsync();
        await Expect(window.GetByText("One checkpoint so far, of 1 entry")).ToBeVisibleAsync();
        await window.LookAtAsync("log-one");

        await PublishAsync(world, log, 2);
        await window.ReloadAsync();
        await Expect(window.Locator("svg.growth")).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("^From 1 entry on .+ to 3 entries on .+ Half of them were there on "));
        await window.LookAtAsync("log-few");

        for (var i = 0; i < 25; i++)
            await PublishAsync(world, log, 1 + (i % 7));
        await world.Tool.Services.GetRequiredService<LogKeys>().RotateAsync(log, await world.AskAsync<string>("SELECT Origin FROM LedgerHead") ?? "", leaked: false, CancellationToken.None);
        await PublishAsync(world, log, 1);
        // As if they had come over two years.
        var size = await world.AskAsync<long>("SELECT MAX(Size) FROM Signing");
        await world.ExecuteAsync("UPDATE Signing SET SignedAt = strftime('%Y-%m-%dT%H:%M:%f000Z', '2026-11-22', '-' || ((SELECT COUNT(*) FROM Signing s WHERE s.Size > Signing.Size) * 26) || ' days')");
        await window.ReloadAsync();
        await Expect(window.GetByText($"The newest checkpoint counts {size} entries.")).ToBeVisibleAsync();
        await Expect(window.GetByText("Signs from")).ToHaveCountAsync(1);
        await window.LookAtAsync("log-many");
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task An_award_is_looked_up_proven_and_followed_to_its_end()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");
        var award = await world.AskAsync<Guid>("SELECT AwardId FROM Award");
        var code = await world.AskAsync<string>("SELECT Code FROM CredentialPage") ?? "";
        await SignAsync(world);
        await window.GoAsync(world, $"/logs/{log:D}");

        await LookUpAsync(window, "7Q4M");
        await Expect(window.GetByText("This is not a whole id, code or address.")).ToBeVisibleAsync();
        await window.LookAtAsync("log-unclear");
        await LookUpAsync(window, Guid.NewGuid().ToString("D"));
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Not found in this ledger" })).ToBeVisibleAsync();
        await LookUpAsync(window, code);
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Not found in this ledger" })).ToBeVisibleAsync();
        await window.LookAtAsync("log-not-here");

        await world.ExecuteAsync("UPDATE CredentialPage SET PublicSince = @Now", new { Now = DateTimeOffset.UtcNow });
        foreach (var typed in new[] { code, code.ToLowerInvariant().Replace('-', ' '), $"{world.ToolUrl}/c/{code}", award.ToString("D"), $"{world.ToolUrl}/logs/{log:D}/awards/{award:D}/proof.json" })
        {
            await LookUpAsync(window, typed);
            await Expect(window.GetByRole(AriaRole.Heading, new() { Name = $"Award {award:D}" })).ToBeVisibleAsync();
            await Expect(window.GetByText("verified in your browser")).ToBeVisibleAsync();
        }

        await Expect(window.GetByText("is signed by a key given to trust")).ToBeVisibleAsync();
        await Expect(window.GetByText("by the entries in the file it is valid.")).ToBeVisibleAsync();
        await window.LookAtAsync("log-award");
        var download = await window.RunAndWaitForDownloadAsync(() => window.GetByRole(AriaRole.Link, new() { Name = "Download the proof of this award" }).ClickAsync());
        download.SuggestedFilename.ShouldBe($"proof-{award:D}.json");
        var key = VerifierKey.Parse(await window.Locator("#key-0").InnerTextAsync());
        ProofBundle.Verify(await File.ReadAllBytesAsync(await download.PathAsync()), [key]).Broken.ShouldBeNull();

        foreach (var (change, standing, word) in Changes(award))
        {
            await AppendAsync(world, log, change, standing);
            await LookUpAsync(window, award.ToString("D"));
            await SignAsync(world);
            await LookUpAsync(window, award.ToString("D"));
            await Expect(window.GetByText($"by the entries in the file it is {word}")).ToBeVisibleAsync();
        }

        await Expect(window.GetByText("Revoked: issued in error")).ToBeVisibleAsync();
        await window.LookAtAsync("log-award-revoked");
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task An_award_whose_checkpoint_is_still_to_come_is_said_to_be_seconds_away()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");
        var award = await world.AskAsync<Guid>("SELECT AwardId FROM Award");
        await UnsignAsync(world);

        await window.GoAsync(world, $"/logs/{log:D}?q={award:D}");
        await Expect(window.GetByText("that is seconds away")).ToBeVisibleAsync();
        await window.LookAtAsync("log-award-pending");
        await Expect(window.GetByRole(AriaRole.Link, new() { Name = "Download the proof of this award" })).ToHaveCountAsync(0);

        await SignAsync(world);
        await window.GetByRole(AriaRole.Link, new() { Name = "Look again" }).ClickAsync();
        await Expect(window.GetByText("verified in your browser")).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_checkpoint_that_was_kept_is_compared_with_the_newest()
    {
        await using var world = await Worlds.EmptyAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await world.InviteAsync(CancellationToken.None);
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");
        var origin = await world.AskAsync<string>("SELECT Origin FROM LedgerHead") ?? "";
        await PublishAsync(world, log, 5);
        var kept = await NoteAsync(world);
        await PublishAsync(world, log, 300);
        var key = (await world.Tool.Services.GetRequiredService<LogKeys>().SigningAsync(log, origin, CancellationToken.None))[0];

        await window.GoAsync(world, $"/logs/{log:D}");
        await CompareAsync(window, kept);
        await Expect(window.GetByText("The newest checkpoint, of 305 entries, continues yours of 5")).ToBeVisibleAsync();
        await window.LookAtAsync("log-compared");
        await CompareAsync(window, "\n " + kept.Replace("\n", "\r\n", StringComparison.Ordinal).TrimEnd());
        await Expect(window.GetByText("continues yours of 5")).ToBeVisibleAsync();
        await CompareAsync(window, await NoteAsync(world));
        await Expect(window.GetByText("Yours is the newest checkpoint")).ToBeVisibleAsync();

        await CompareAsync(window, kept.Replace("\n5\n", "\n6\n", StringComparison.Ordinal));
        await Expect(window.GetByText($"note: the signature of {origin} is wrong")).ToBeVisibleAsync();
        await CompareAsync(window, "hello");
        await Expect(window.GetByText("This is not a checkpoint that this log signed.")).ToBeVisibleAsync();
        await CompareAsync(window, Signed(SigningKey.Generate(origin), 5));
        await Expect(window.GetByText("signed by none of the known keys")).ToBeVisibleAsync();
        await window.LookAtAsync("log-foreign");

        // What only whoever has the log's key could sign, and the log does not continue.
        await CompareAsync(window, Signed(key, 5));
        await Expect(window.GetByText("its newest, of 305, does not continue it")).ToBeVisibleAsync();
        await window.LookAtAsync("log-rewritten");
        await CompareAsync(window, Signed(key, 306));
        await Expect(window.GetByText("and its newest counts 305. The ledger was cut")).ToBeVisibleAsync();
        await CompareAsync(window, Signed(key, 305));
        await Expect(window.GetByText("does not continue it")).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_browser_that_cannot_check_signatures_says_so_and_gives_the_command()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        await window.AddInitScriptAsync("SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'))");
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");
        await SignAsync(world);
        var kept = await NoteAsync(world);

        await window.GoAsync(world, $"/logs/{log:D}?q={await world.AskAsync<Guid>("SELECT AwardId FROM Award"):D}");
        await Expect(window.GetByText("but your browser cannot check its signature")).ToBeVisibleAsync();
        await Expect(window.GetByText("verified in your browser")).ToHaveCountAsync(0);
        await Expect(window.GetByText("is signed by a key")).ToHaveCountAsync(0);
        await CompareAsync(window, kept);
        await Expect(window.GetByText("fit together, but your browser cannot check who signed them")).ToBeVisibleAsync();
        await window.LookAtAsync("log-unsigned");
        chromium.MustNotHaveComplained();

        var old = await chromium.WindowAsync();
        await old.AddInitScriptAsync("Object.defineProperty(window, 'crypto', { value: {} })");
        await old.GotoAsync(window.Url);
        await Expect(old.GetByText("Your browser could not check the proof")).ToBeVisibleAsync();
        await CompareAsync(old, kept);
        await Expect(old.GetByText("or your browser is too old for it")).ToBeVisibleAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_proof_that_was_tampered_with_on_the_way_is_never_called_verified()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");
        var award = await world.AskAsync<Guid>("SELECT AwardId FROM Award");
        await SignAsync(world);
        await window.RouteAsync("**/proof.json", async route =>
        {
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Body = (await answer.TextAsync()).Replace("\\\"hours\\\":\\\"50\\\"", "\\\"hours\\\":\\\"60\\\"", StringComparison.Ordinal) });
        });

        await window.GoAsync(world, $"/logs/{log:D}?q={award:D}");
        await Expect(window.GetByText("the proof does not hold")).ToBeVisibleAsync();
        await Expect(window.GetByText("its proof does not lead to the root in the checkpoint")).ToBeVisibleAsync();
        await Expect(window.GetByText("verified in your browser")).ToHaveCountAsync(0);
        await window.LookAtAsync("log-tampered");
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task A_log_is_worked_by_keyboard_and_read_without_script()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");
        var award = await world.AskAsync<Guid>("SELECT AwardId FROM Award");
        await SignAsync(world);
        var window = await chromium.WindowAsync();
        await window.GoAsync(world, $"/logs/{log:D}");
        await window.TabToAsync("#q");
        await window.Keyboard.TypeAsync(award.ToString("D"));
        await window.Keyboard.PressAsync("Enter");
        await Expect(window.GetByText("verified in your browser")).ToBeVisibleAsync();
        await window.TabToAsync("#kept");
        await window.Keyboard.InsertTextAsync(await NoteAsync(world));
        await window.TabToAsync("form[data-log] button");
        await window.Keyboard.PressAsync("Enter");
        await Expect(window.GetByText("Yours is the newest checkpoint")).ToBeVisibleAsync();
        await window.TabToAsync("summary");
        await window.Keyboard.PressAsync("Enter");

        var plain = await chromium.WindowAsync(script: false);
        await plain.GoAsync(world, $"/logs/{log:D}?q={award:D}");
        await Expect(plain.GetByRole(AriaRole.Link, new() { Name = "Download the proof of this award" })).ToBeVisibleAsync();
        await Expect(plain.GetByText("LtiMicroCred ledger verify-bundle")).ToBeVisibleAsync();
        await Expect(plain.Locator("#compare noscript p")).ToBeVisibleAsync(); // found by no text: a locator passes noscript over
        await Expect(plain.GetByText("verified in your browser")).ToHaveCountAsync(0);
        await Expect(plain.Locator("#kept")).ToBeHiddenAsync();
        chromium.MustNotHaveComplained();
    }

    [Fact(Timeout = Chromium.Patience)]
    public async Task The_page_of_a_credential_says_what_became_of_it()
    {
        await using var world = await EarnedAsync();
        await using var chromium = await Chromium.StartAsync();
        var window = await chromium.WindowAsync();
        var log = await world.AskAsync<Guid>("SELECT LogId FROM LedgerHead");
        var award = await world.AskAsync<Guid>("SELECT AwardId FROM Award");
        await world.ExecuteAsync("UPDATE CredentialPage SET PublicSince = @Now", new { Now = DateTimeOffset.UtcNow });
        var page = $"/c/{await world.AskAsync<string>("SELECT Code FROM CredentialPage")}";
        await UnsignAsync(world);

        await window.GoAsync(world, page);
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Valid", Exact = true })).ToBeVisibleAsync();
        await Expect(window.GetByText("Its proof is seconds away")).ToBeVisibleAsync();
        await window.LookAtAsync("credential-pending");
        // The page looks again by itself, and checks what has come.
        await SignAsync(world);
        await Expect(window.GetByText("verified in your browser")).ToBeVisibleAsync();
        await window.LookAtAsync("credential");
        await window.GetByRole(AriaRole.Link, new() { Name = "See the ledger entry" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = $"Award {award:D}" })).ToBeVisibleAsync();

        string[] headings = ["Suspended since", "Valid", "Replaced on", "Revoked on"];
        foreach (var ((change, standing, word), heading) in Changes(award).Zip(headings))
        {
            await AppendAsync(world, log, change, standing);
            await SignAsync(world);
            await window.GoAsync(world, page);
            await Expect(window.GetByRole(AriaRole.Heading, new() { Name = heading }).First).ToBeVisibleAsync();
            await Expect(window.GetByText("verified in your browser")).ToBeVisibleAsync();
            await Expect(window.GetByText($"by the entries in the file it is {word}")).ToBeVisibleAsync();
            await window.LookAtAsync("credential-" + standing);
        }

        // An entry that nobody can read is a finding, not a failure.
        await world.ExecuteAsync("DROP TRIGGER LedgerEntry_NoUpdate; UPDATE LedgerEntry SET OccurredAt = 'yesterday' WHERE AwardId = @award", new { award });
        await window.GoAsync(world, page);
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "The ledger does not confirm this credential" })).ToBeVisibleAsync();
        await window.LookAtAsync("credential-doubtful");
        await window.GoAsync(world, $"/logs/{log:D}?q={award:D}");
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "There is an entry, but it cannot be read" })).ToBeVisibleAsync();
        await window.LookAtAsync("log-unreadable");
        chromium.MustNotHaveComplained();

        await world.ExecuteAsync("UPDATE CredentialPage SET PublicSince = NULL; DELETE FROM HeldAward; UPDATE Award SET LearnerId = NULL");
        await window.GoAsync(world, page);
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "This credential’s holder was erased" })).ToBeVisibleAsync();
        await window.LookAtAsync("credential-erased");
        chromium.MustNotHaveComplained(410);
    }

    private static Task<DemoWorld> EarnedAsync() => Worlds.WithCredentialAsync(async story =>
    {
        await story.OpenToolAsync("learner", CancellationToken.None);
        await story.ConnectFormulaAsync(CancellationToken.None);
        await story.TakeQuizAsync("learner", rightAnswers: 5, CancellationToken.None);
        await story.UntilAsync("learner", "You earned this credential", CancellationToken.None);
    });

    /// <summary>All that can become of an award, with how it stands then and the word that a proof has for it.</summary>
    private static (AwardChange Change, string State, string Word)[] Changes(Guid award) =>
    [
        (new AwardSuspended { At = DateTimeOffset.UtcNow, AwardId = award, Reason = AwardChangeReason.ResultBelowRule }, AwardState.Suspended, "suspended."),
        (new AwardReinstated { At = DateTimeOffset.UtcNow, AwardId = award, Reason = AwardChangeReason.ReviewClosed }, AwardState.Issued, "valid."),
        (new AwardSuperseded { At = DateTimeOffset.UtcNow, AwardId = award, ReplacedBy = Guid.NewGuid() }, AwardState.Superseded, "superseded by another."),
        (new AwardRevoked { At = DateTimeOffset.UtcNow, AwardId = award, Reason = AwardChangeReason.IssuedInError }, AwardState.Revoked, "revoked."),
    ];

    private static async Task AppendAsync(DemoWorld world, Guid log, AwardChange change, string state)
    {
        var database = world.Tool.Services.GetRequiredService<Database>();
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("UPDATE Award SET State = @state WHERE AwardId = @AwardId", new { state, change.AwardId }, transaction);
        await new LedgerLog(database.Engine).AppendAsync(connection, transaction, log, [change], CancellationToken.None);
        await transaction.CommitAsync();
    }

    private static async Task PublishAsync(DemoWorld world, Guid log, int count)
    {
        for (var i = 0; i < count; i++)
            await world.Scopes.SendAsync(new PublishAchievement(log, new AchievementDraft("Data Ethics", "Handling ethical risks.", ["name a risk"], 50, 2, 6)), CancellationToken.None);
        await SignAsync(world);
    }

    private static Task SignAsync(DemoWorld world) => world.Tool.Services.GetRequiredService<SignCheckpoints>().RunAsync(everything: true, CancellationToken.None);

    /// <summary>As in the seconds before the first checkpoint.</summary>
    private static async Task UnsignAsync(DemoWorld world)
    {
        await SignAsync(world);
        await world.ExecuteAsync("DROP TRIGGER LedgerCheckpoint_NoDelete; DELETE FROM LedgerCheckpoint; DELETE FROM Signing");
    }

    private static string Signed(SigningKey key, long size) => Encoding.UTF8.GetString(new Checkpoint { Origin = key.Verifier.Name, Size = size, Root = Merkle.LeafHash([1]) }.Sign(key));

    private static async Task<string> NoteAsync(DemoWorld world) =>
        Encoding.UTF8.GetString((await world.Tool.Services.GetRequiredService<LogKeys>().NewestCheckpointsAsync(CancellationToken.None)).Single());

    private static async Task LookUpAsync(IPage window, string typed)
    {
        await window.GetByLabel("Award, code or address").FillAsync(typed);
        await window.GetByRole(AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
    }

    private static async Task CompareAsync(IPage window, string note)
    {
        await window.GetByLabel("Checkpoint", new() { Exact = true }).FillAsync(note);
        await window.GetByRole(AriaRole.Button, new() { Name = "Compare" }).ClickAsync();
    }
}
