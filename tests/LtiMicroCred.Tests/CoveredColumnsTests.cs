using Dapper;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Ledger;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>Every column of every table that says something about the ledger, an award or what was awarded: changed, it is found. New columns are found by this test.</summary>
public sealed class CoveredColumnsTests
{
    private sealed record Column
    {
        public required string Table { get; init; }
        public required string Name { get; init; }
    }

    [Fact]
    public async Task No_column_of_the_ledger_can_be_changed_unseen()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 300);
        await product.SendAsync(new RecordResults(
            room.OwnColumn, [.. Enumerable.Range(1, 300).Select(i => new Result { UserId = FormattableString.Invariant($"{i}"), ResultScore = 80, ResultMaximum = 100, MessageHash = [1] })]));
        await product.Services.GetRequiredService<SignCheckpoints>().RunAsync(everything: true, CancellationToken.None);
        (await product.VerifyAsync()).ShouldBe(new LedgerVerification(1, 301, null) { Checkpoints = 1, Tiles = 1 });
        await FreeAsync(product);
        (await product.VerifyAsync()).Break.ShouldBeNull();

        await using var connection = await product.OpenAsync();
        await connection.ExecuteAsync("PRAGMA foreign_keys=OFF");
        var columns = (await connection.QueryAsync<Column>(
            """
            SELECT t.name AS "Table", c.name AS Name FROM sqlite_master t JOIN pragma_table_info(t.name) c
            WHERE t.type = 'table' AND (t.name LIKE '%Ledger%' OR t.name LIKE '%Award%' OR t.name LIKE '%Checkpoint%' OR t.name = 'AchievementVersion')
            """)).AsList();
        columns.Count.ShouldBe(5 + 17 + 5 + 4 + 7 + 3 + 12);

        foreach (var column in columns)
        {
            foreach (var value in new[] { "'nonsense'", "NULL", "7", "'00000000-0000-4000-8000-000000000007'", "zeroblob(32)" })
                await ChangeAsync(product, connection, column, value);
        }
    }

    private static async Task ChangeAsync(ProductDatabase product, System.Data.Common.DbConnection connection, Column column, string value)
    {
#pragma warning disable CA2100 // names of the schema
        var row = $"rowid = (SELECT MAX(rowid) FROM {column.Table})";
        var before = await connection.ExecuteScalarAsync<object?>($"SELECT {column.Name} FROM {column.Table} WHERE {row}");
        if (await connection.ExecuteScalarAsync<long>($"SELECT {column.Name} IS {value} FROM {column.Table} WHERE {row}") == 1)
            return;
        await connection.ExecuteAsync($"UPDATE {column.Table} SET {column.Name} = {value} WHERE {row}");
        var found = (await product.VerifyAsync()).Break;
        await connection.ExecuteAsync($"UPDATE {column.Table} SET {column.Name} = @before WHERE {row}", new { before });
#pragma warning restore CA2100

        found.ShouldNotBeNull($"{column.Table}.{column.Name} = {value}");
        Tables(column).Contains(found.Table, StringComparer.Ordinal).ShouldBeTrue($"{column.Table}.{column.Name} = {value}: {found}");
    }

    // What a row is found by is missed where it was, or met where it should not be.
    private static string[] Tables(Column column) => (column.Table, column.Name) switch
    {
        ("LedgerHead", "LogId") => ["LedgerHead", "LedgerEntry"],
        ("HeldAward", _) or ("Award", _) => ["Award", "HeldAward"],
        _ => [column.Table],
    };

    /// <summary>What the owner of the database can do: the same tables, with nothing that guards them.</summary>
    private static async Task FreeAsync(ProductDatabase product)
    {
        await using var connection = await product.OpenAsync();
        var tables = await connection.QueryAsync<string>(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE '%Ledger%' OR name LIKE '%Award%' OR name LIKE '%Checkpoint%' OR name = 'AchievementVersion')");
        await connection.ExecuteAsync("PRAGMA foreign_keys=OFF; PRAGMA legacy_alter_table=ON; DROP TRIGGER LedgerHead_OnlyGrows; DROP TRIGGER LedgerHead_StartsEmpty; DROP TRIGGER LedgerCheckpoint_OnlyGrows");
#pragma warning disable CA2100 // names of the schema
        foreach (var table in tables)
            await connection.ExecuteAsync($"CREATE TABLE Free AS SELECT * FROM {table}; DROP TABLE {table}; ALTER TABLE Free RENAME TO {table}");
#pragma warning restore CA2100
        await connection.ExecuteAsync("CREATE INDEX Free_Award ON LedgerEntry (AwardId); CREATE INDEX Free_Number ON LedgerEntry (LogId, Number); CREATE INDEX Free_Id ON Award (AwardId)");
    }
}
