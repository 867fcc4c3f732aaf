using System.Text.RegularExpressions;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>A database with the schema of an earlier version, and what an institution has in it by then.</summary>
public sealed partial class UpgradeTests
{
    [Fact]
    public async Task Registrations_courses_and_links_of_an_earlier_schema_go_on_after_the_upgrade()
    {
        await using var campus = await Campus.FurnishedAsync();
        using var wire = new Wire();
        await wire.LaunchAsync(campus.Opening("learner"));
        var invitation = await campus.World.InviteAsync(CancellationToken.None);
        await TakeBackAsync(campus, 3);
        var migrations = campus.Services.GetRequiredService<Migrations>();
        (await migrations.PendingAsync(CancellationToken.None)).ShouldBe(["0003_platforms"]);

        await migrations.ApplyAsync(CancellationToken.None);

        campus.Services.GetRequiredService<PlatformDirectory>().Forget();
        var page = await wire.LaunchAsync(campus.Opening("learner"));
        page.Status.ShouldBe(200, page.Text);
        page.Text.ShouldContain("Data Ethics in Practice");
        // The key from before still signs: the LMS grants a token for reading.
        var before = campus.Readings;
        await Campus.UntilAsync(() => Task.FromResult(campus.Readings > before), "the columns are read");
        (await wire.GetAsync(invitation.AbsoluteUri)).Text.ShouldContain("Connect your LMS");
        (await campus.AskAsync<string>("SELECT Algorithms FROM Platform")).ShouldBe("RS256");
        (await campus.World.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
    }

    [Fact]
    public async Task A_ledger_of_before_its_kinds_tiles_and_checkpoints_upgrades_and_verifies()
    {
        await using var product = await ProductDatabase.RestoreAsync("0003.db.gz");
        var migrations = product.Services.GetRequiredService<Migrations>();
        (await migrations.PendingAsync(CancellationToken.None)).ShouldBe(["0004_ledger", "0005_awards", "0006_erasure", "0007_published", "0008_gates", "0009_scheduling", "0010_rules", "0011_followups", "0012_imports", "0013_readings", "0014_assessments"]);

        await CommandLine.PrepareAsync(product.Services, CancellationToken.None);

        // Three awards, and the achievement, which was published before the ledger had an entry for that.
        (await product.VerifyAsync()).ShouldBe(new LedgerVerification(1, 4, null));
        (await product.CountAsync("Evidence")).ShouldBe(3);
        await CommandLine.PrepareAsync(product.Services, CancellationToken.None);
        (await product.VerifyAsync()).Entries.ShouldBe(4, "said once");

        await product.Services.GetRequiredService<SignCheckpoints>().RunAsync(everything: true, CancellationToken.None);
        (await product.VerifyAsync()).Checkpoints.ShouldBe(1);
        await product.ExecuteAsync("UPDATE CredentialPage SET Code = Code"); // its references hold
        await Should.ThrowAsync<Microsoft.Data.Sqlite.SqliteException>(() => product.ExecuteAsync("DELETE FROM Award"));
        await Should.ThrowAsync<Microsoft.Data.Sqlite.SqliteException>(() => product.ExecuteAsync("DELETE FROM LedgerEntry"));
    }

    [Fact]
    public async Task A_database_with_references_to_nowhere_is_left_as_it_was()
    {
        await using var product = await ProductDatabase.RestoreAsync("0003.db.gz");
        await product.ExecuteAsync("PRAGMA foreign_keys=OFF; UPDATE Award SET LearnerId = 'nobody'; PRAGMA foreign_keys=ON");

        await Should.ThrowAsync<SchemaRefusedException>(() => CommandLine.PrepareAsync(product.Services, CancellationToken.None));

        (await product.Services.GetRequiredService<Migrations>().PendingAsync(CancellationToken.None)).ShouldContain(name => name == "0004_ledger");
        (await product.CountAsync("AwardRule")).ShouldBe(1);
    }

    /// <summary>Undoes step 3, so that the database is as the version before it left it.</summary>
    private static async Task TakeBackAsync(Campus campus, int step)
    {
        foreach (var added in Added().Matches(Script(step)).Cast<Match>())
            await campus.ExecuteAsync($"ALTER TABLE {added.Groups["table"].Value} DROP COLUMN {added.Groups["column"].Value}");
        await campus.ExecuteAsync("DROP TABLE LaunchTrace");
        await campus.ExecuteAsync("DROP TABLE LaunchSession");
        foreach (var statement in Sessions().Matches(Script(1)).Cast<Match>())
            await campus.ExecuteAsync(statement.Value);
        await campus.ExecuteAsync("DELETE FROM SchemaMigration WHERE Number = @step", new { step });
    }

    private static string Script(int number)
    {
        var assembly = typeof(Migrations).Assembly;
        var name = assembly.GetManifestResourceNames().Single(n => n.StartsWith(FormattableString.Invariant($"migrations.sqlite.{number:0000}_"), StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"ALTER TABLE (?<table>\w+) ADD COLUMN (?<column>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Added();

    [GeneratedRegex(@"CREATE (TABLE|INDEX|UNIQUE INDEX) LaunchSession[^;]*;", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sessions();
}
