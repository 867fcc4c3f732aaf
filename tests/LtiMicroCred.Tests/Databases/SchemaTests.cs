using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests.Databases;

/// <summary>What can be said of the scripts for SQL Server without one.</summary>
public sealed class SchemaTests
{
    private sealed record Column
    {
        public required string Table { get; init; }
        public required string Name { get; init; }
        public required long Required { get; init; }
    }

    [Fact]
    public async Task Both_engines_have_the_same_tables_with_the_same_columns()
    {
        await using var product = await ProductDatabase.CreateAsync();
        await using var connection = await product.OpenAsync();
        var sqlite = (await connection.QueryAsync<Column>(
            """
            SELECT t.name AS "Table", c.name AS Name, c."notnull" AS Required FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name <> 'SchemaMigration'
            """)).Select(c => $"{c.Table}.{c.Name}{(c.Required == 1 ? "" : " NULL")}");

        var sqlServer = SqlServerScripts.Tables();
        sqlServer.Remove("TruncateGuard").ShouldBeTrue();
        var columns = sqlServer.SelectMany(table => table.Value.Select(column => $"{table.Key}.{column.Key}{(column.Value ? " NULL" : "")}"));

        columns.Order(StringComparer.Ordinal).ShouldBe(sqlite.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Both_engines_have_the_same_steps_and_each_says_what_it_is_for()
    {
        var names = typeof(Migrations).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("migrations.", StringComparison.Ordinal)).ToLookup(n => n.Split('.')[1], n => n.Split('.')[2], StringComparer.Ordinal);
        names["sqlite"].Order(StringComparer.Ordinal).ShouldBe(names["sqlserver"].Order(StringComparer.Ordinal));

        foreach (var (name, text) in SqlServerScripts.Steps)
        {
            new SchemaStep(1, name, text).Purpose.Length.ShouldBeGreaterThan(20, name);
            text.ShouldStartWith("-- ", Case.Sensitive, name);
        }
    }

    [Fact]
    public void Quartz_gets_the_tables_that_it_brings_along()
    {
        var (_, text) = SqlServerScripts.Steps.Single(step => step.Name == "0009_scheduling");

        var batches = SqlServerScripts.Batches(QuartzTables.Into(text)).ToList();

        batches.Count(batch => batch.Contains("CREATE TABLE QRTZ_", StringComparison.Ordinal)).ShouldBeGreaterThan(10);
        foreach (var table in new[] { "JOB_DETAILS", "TRIGGERS", "SIMPLE_TRIGGERS", "FIRED_TRIGGERS", "SCHEDULER_STATE", "LOCKS" })
            batches.ShouldContain(batch => batch.Contains($"CREATE TABLE QRTZ_{table} (", StringComparison.Ordinal), table);
        batches.ShouldAllBe(batch => !batch.Contains('{') && !batch.Contains("--;;"));
    }

    [Theory]
    [InlineData("1", 3, 12, false)] // Babelfish calls itself what it likes
    [InlineData("1", 5, 16, false)]
    [InlineData(null, 5, 12, true)] // Azure SQL Database, which calls itself 12 for ever
    [InlineData(null, 8, 12, true)]
    [InlineData(null, 2, 16, true)]
    [InlineData(null, 3, 17, true)]
    [InlineData(null, 4, 16, true)]
    [InlineData(null, 3, 15, false)]
    [InlineData(null, 1, 16, false)]
    [InlineData(null, 6, 12, false)]
    [InlineData(null, null, null, false)]
    public void The_servers_own_ledger_tables_are_used_where_it_has_them(string? babelfish, int? edition, int? version, bool native) =>
        NativeLedger.Offered(babelfish, edition, version).IsOn.ShouldBe(native);

    [Fact]
    public void Entries_tiles_and_checkpoints_become_ledger_tables_and_nothing_else()
    {
        var (name, text) = SqlServerScripts.Steps.Single(step => NativeLedger.MakesTables(step.Text));
        name.ShouldBe("0004_ledger");
        var native = NativeLedger.Offered(null, 5, null).Into(text);

        var made = SqlServerScripts.Batches(native).Where(batch => batch.EndsWith(") WITH (LEDGER = ON (APPEND_ONLY = ON));", StringComparison.Ordinal));
        string.Join(' ', made.Select(batch => SqlServerScripts.Comments().Replace(batch, "").Trim().Split(' ')[2])).ShouldBe("LedgerEntry LedgerTile LedgerCheckpoint");
        native.ShouldNotContain("/*");
        NativeLedger.Offered(null, 3, 15).Into(text).ShouldBe(text);
    }

    [Fact]
    public void A_step_keeps_its_checksum_whatever_the_server_makes_of_its_text()
    {
        var step = new SchemaStep(4, "0004_ledger", SqlServerScripts.Steps.Single(s => s.Name == "0004_ledger").Text);

        var native = step with { Text = NativeLedger.Offered(null, 5, null).Into(step.Text) };

        native.Text.ShouldNotBe(step.Text, StringComparer.Ordinal);
        native.Checksum.ShouldBe(step.Checksum);
        new SchemaStep(4, "0004_ledger", native.Text).Checksum.ShouldNotBe(step.Checksum, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("MERGE ")]
    [InlineData("CREATE OR ALTER")]
    [InlineData("WAITFOR")]
    [InlineData("UNPIVOT")]
    [InlineData("SYSTEM_VERSIONING")]
    [InlineData("TRANSACTION")] // the caller's
    public void What_Babelfish_does_not_run_is_not_in_the_scripts(string text)
    {
        string[] scripts = [.. SqlServerScripts.Steps.Select(step => step.Text), .. SqlServerScripts.LedgerStatements];
        Array.FindAll(scripts, script => script.Contains(text, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
    }
}
