using System.Data.Common;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Load;

/// <summary>
/// What a ledger is compared with: the same rows in a table with the same columns, key and indexes, in a file of its own under the same settings. No triggers, no
/// head row, nothing hashed. A command that is kept with the connection, as the ledger has.
/// </summary>
internal sealed class PlainTable : IAsyncDisposable
{
    public const string Columns =
        "LogId, Number, Kind, OccurredAt, AwardId, ReplacedBy, Reason, AchievementId, AchievementVersion, AchievementHash, Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash";

    private static readonly string[] s_names = [.. Columns.Split(", ").Select(name => "@" + name)];
    private static readonly string s_insert = $"INSERT INTO Entry ({Columns}) VALUES ({string.Join(", ", s_names)})";

    private readonly string _folder = Directory.CreateTempSubdirectory("ltimicrocred-plain-").FullName;
    private readonly Database _database;
    private DbConnection _connection = null!; // opened before anyone gets the table
    private DbCommand? _insert;

    private PlainTable() => _database = new Database(new DatabaseSettings(LedgerEngine.Sqlite, $"Data Source={Path.Combine(_folder, "plain.db")}"));

    /// <summary>With all the rows of a log.</summary>
    public static async Task<PlainTable> CopyAsync(LedgerFile from)
    {
        var table = new PlainTable();
        table._connection = await table._database.OpenAsync(CancellationToken.None);
        await table.RunAsync($"""
            PRAGMA synchronous=OFF;
            CREATE TABLE Entry (
              LogId TEXT NOT NULL, Number INTEGER NOT NULL, Kind TEXT NOT NULL, OccurredAt TEXT NOT NULL, AwardId TEXT NULL, ReplacedBy TEXT NULL, Reason TEXT NULL,
              AchievementId TEXT NULL, AchievementVersion INTEGER NULL, AchievementHash BLOB NULL, Hours TEXT NULL, Credits TEXT NULL, CreditSystem TEXT NULL,
              Passed INTEGER NULL, SubjectRef BLOB NULL, EntryBytes BLOB NOT NULL, LeafHash BLOB NOT NULL, PRIMARY KEY (LogId, Number)) STRICT, WITHOUT ROWID;
            CREATE INDEX IX_Entry_AwardId ON Entry (AwardId);
            CREATE INDEX IX_Entry_Published ON Entry (AchievementId, AchievementVersion) WHERE Kind = 'achievement.published';
            ATTACH '{from.FilePath}' AS source;
            INSERT INTO Entry ({Columns}) SELECT {Columns} FROM source.LedgerEntry ORDER BY LogId, Number;
            DETACH source;
            PRAGMA synchronous=FULL;
            PRAGMA wal_checkpoint(TRUNCATE);
            """);

        return table;
    }

    /// <summary>One transaction.</summary>
    public async Task InsertAsync(IEnumerable<object[]> rows)
    {
        await using var transaction = await _connection.BeginTransactionAsync();
        _insert ??= Insert();
        _insert.Transaction = transaction;
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++)
                _insert.Parameters[i].Value = row[i];
            await _insert.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        _database.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private DbCommand Insert()
    {
        var insert = _connection.CreateCommand();
        insert.CommandText = s_insert;
        foreach (var name in s_names)
        {
            var parameter = insert.CreateParameter();
            parameter.ParameterName = name;
            insert.Parameters.Add(parameter);
        }

        return insert;
    }

    private async Task RunAsync(string sql)
    {
        await using var command = _connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
