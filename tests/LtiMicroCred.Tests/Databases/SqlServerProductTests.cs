using System.Data.Common;
using Dapper;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.Data.SqlClient;

namespace LtiMicroCred.Tests.Databases;

/// <summary>What only a server can show. Needs LTIMICROCRED_TEST_SQLSERVER, a connection string to a server on which databases may be created.</summary>
public sealed class SqlServerProductTests : IAsyncLifetime
{
    private const string Setting = "LTIMICROCRED_TEST_SQLSERVER";

    private readonly string _server = Environment.GetEnvironmentVariable(Setting) ?? "";
    private readonly string _name = $"product_{Guid.NewGuid():N}";
    private Database? _database;

    private Database Database => _database!; // initialised before any test

    private Migrations Migrations => new(Database, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(_server.Length == 0, $"{Setting} holds no connection string");
        await OnServerAsync($"CREATE DATABASE {_name}");
        _database = new Database(new DatabaseSettings(LedgerEngine.SqlServer, new SqlConnectionStringBuilder(_server) { InitialCatalog = _name, Pooling = false }.ConnectionString));
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is null)
            return;
        _database.Dispose();
        await OnServerAsync($"DROP DATABASE IF EXISTS {_name}");
    }

    [Fact]
    public async Task Two_that_migrate_at_once_run_each_step_once()
    {
        var runs = await Task.WhenAll(Migrations.ApplyAsync(CancellationToken.None), Migrations.ApplyAsync(CancellationToken.None));

        runs.SelectMany(run => run).ShouldBe(SqlServerScripts.Steps.Select(step => step.Name));
        (await Migrations.PendingAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_upgrade_takes_entries_awards_and_their_evidence_along()
    {
        await using var connection = await Database.OpenAsync(CancellationToken.None);
        foreach (var (name, text) in SqlServerScripts.Steps.Take(3))
            await RunAsync(connection, text, name);
        await RunAsync(connection, FormerData, "former data");
        foreach (var (name, text) in SqlServerScripts.Steps.Skip(3))
            await RunAsync(connection, text, name);

        (await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM LedgerEntry WHERE Kind = 'award.issued' AND Number = 1")).ShouldBe(1);
        (await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM Award a JOIN Evidence e ON e.AwardId = a.AwardId JOIN PassRule r ON r.PassRuleId = e.PassRuleId JOIN CredentialPage p ON p.AwardId = a.AwardId")).ShouldBe(1);
        foreach (var change in new[] { "UPDATE LedgerEntry SET Passed = 0", "DELETE FROM LedgerEntry", "UPDATE AchievementVersion SET Level = 1", "INSERT INTO TruncateGuard (LogId, Number, Level, TileIndex, Size) SELECT LogId, 1, 0, 0, 1 FROM LedgerHead" })
            await Should.ThrowAsync<DbException>(() => connection.ExecuteAsync(change), change);
    }

    [Fact]
    public async Task An_error_in_the_middle_leaves_nothing_half_done()
    {
        await using var connection = await Database.OpenAsync(CancellationToken.None);
        await connection.ExecuteAsync("CREATE TABLE PassRule (Blocks int NOT NULL)"); // what step 5 makes

        await Should.ThrowAsync<SqlException>(() => Migrations.ApplyAsync(CancellationToken.None));

        (await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE = 'BASE TABLE'")).ShouldBe(1);
    }

    [Fact]
    public async Task Under_its_role_the_server_adds_to_the_ledger_and_changes_nothing_in_it()
    {
        await using var connection = await Database.OpenAsync(CancellationToken.None);
        await RequireSqlServerAsync(connection);
        await RunAsync(connection, SqlServerScripts.Permissions, "permissions before the first migration");
        await Migrations.ApplyAsync(CancellationToken.None);
        await RunAsync(connection, SqlServerScripts.Permissions, "permissions");
        await connection.ExecuteAsync("CREATE USER app WITHOUT LOGIN WITH DEFAULT_SCHEMA = dbo; ALTER ROLE LtiMicroCredApp ADD MEMBER app; ALTER ROLE db_datawriter ADD MEMBER app");

        await connection.ExecuteAsync("EXECUTE AS USER = 'app'");
        var logId = Guid.CreateVersion7();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await new LedgerLog(LedgerEngine.SqlServer).CreateAsync(connection, transaction, logId, $"credentials.example.edu/logs/{logId:D}", CancellationToken.None);
            await transaction.CommitAsync();
        }

        string[] refused =
        [
            "UPDATE LedgerEntry SET Passed = 0", "DELETE FROM LedgerEntry", "DELETE FROM LedgerHead", "UPDATE LedgerHead SET Origin = 'x'", "UPDATE LedgerTile SET Root = 0x00",
            "DELETE FROM LedgerCheckpoint", "TRUNCATE TABLE LedgerTile", "DISABLE TRIGGER LedgerEntry_NoChange ON LedgerEntry", "DROP TRIGGER LedgerHead_OnlyGrows",
            "DROP TABLE LedgerEntry", "ALTER TABLE LedgerEntry ADD Note int NULL", "CREATE TABLE Mine (A int)", "UPDATE Award SET IssuedAt = '2020-01-01'", "DELETE FROM SchemaMigration",
        ];
        foreach (var statement in refused)
            await Should.ThrowAsync<SqlException>(() => connection.ExecuteAsync(statement), statement);
        await connection.ExecuteAsync("REVERT");
    }

    [Fact]
    public async Task The_servers_own_digest_agrees_and_another_does_not()
    {
        await using var connection = await Database.OpenAsync(CancellationToken.None);
        await Migrations.ApplyAsync(CancellationToken.None);
        Assert.SkipUnless((await NativeLedger.ActualAsync(connection, null)).IsOn, "this server has no ledger tables");
        var digests = new DatabaseDigest(Database);
        var digest = await digests.GenerateAsync(CancellationToken.None);
        (await Should.ThrowAsync<SettingsException>(() => digests.CheckAsync([digest], CancellationToken.None))).Message.ShouldContain("ALLOW_SNAPSHOT_ISOLATION");
        await connection.ExecuteAsync("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON");

        (await digests.CheckAsync([digest], CancellationToken.None)).Broken.ShouldBeNull();
        var forged = digest.Replace("\"hash\":\"0x", "\"hash\":\"0x00", StringComparison.Ordinal);
        forged = forged.Remove(forged.IndexOf("0x00", StringComparison.Ordinal) + 66, 2);
        (await digests.CheckAsync([forged], CancellationToken.None)).Broken.ShouldNotBeNull();
    }

    // One award as version 3 of the schema kept it.
    private const string FormerData = """
        DECLARE @id uniqueidentifier = '01900000-0000-7000-8000-000000000001', @now datetime2(6) = '2026-01-01', @hash varbinary(32) = 0x0101010101010101010101010101010101010101010101010101010101010101;
        INSERT INTO Tenant (TenantId, Name, CreatedAt) VALUES (@id, N'University', @now);
        INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, CreatedAt) VALUES (@id, @id, N'i', N'c', N'a', N't', N'j', @now);
        INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, FirstSeenAt, TurnedAway) VALUES (@id, @id, N'1', @id, @now, 0);
        INSERT INTO Learner (LearnerId, TenantId, PlatformId, Subject, CreatedAt) VALUES (@id, @id, @id, N's', @now);
        INSERT INTO Course (CourseId, TenantId, PlatformId, DeploymentKey, ContextId, CreatedAt) VALUES (@id, @id, @id, @id, N'1', @now);
        INSERT INTO Achievement (AchievementId, TenantId, CreatedAt) VALUES (@id, @id, @now);
        INSERT INTO AchievementVersion (AchievementId, Version, Title, Description, Outcomes, Hours, Level, Content, Hash, PublishedAt) VALUES (@id, 1, N't', N'd', N'[]', 50, 6, 0x7B7D, @hash, @now);
        INSERT INTO Activity (ActivityId, TenantId, CourseId, ResourceLinkId, AchievementId, AchievementVersion, Revision, CreatedAt) VALUES (@id, @id, @id, N'1', @id, 1, 0, @now);
        INSERT INTO AwardRule (AwardRuleId, TenantId, ActivityId, Version, ThresholdPercent, CreatedAt) VALUES (@id, @id, @id, 1, 60, @now);
        INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures) VALUES (@id, @id, @id, 'own', N'u', N'l', 1, @now, @now, 0);
        INSERT INTO Result (ResultId, TenantId, ActivityId, LineItemId, LearnerId, Receipt, Score, Maximum, ReceivedAt, MessageHash) VALUES (@id, @id, @id, @id, @id, 1, 80, 100, @now, @hash);
        INSERT INTO Award (AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, ActivityId, AwardRuleId, ResultId, State, IssuedAt) VALUES (@id, @id, @id, @id, 1, @id, @id, @id, 'issued', @now);
        INSERT INTO CredentialPage (AwardId, Code) VALUES (@id, 'code');
        INSERT INTO LedgerHead (LogId, Origin, CreatedAt, Size, Frontier, Root) VALUES (@id, 'o', '2026-01-01T00:00:00Z', 0, 0x, @hash);
        INSERT INTO LedgerEntry (LogId, Number, Kind, OccurredAt, AwardId, AchievementId, AchievementVersion, AchievementHash, Hours, Passed, SubjectRef, EntryBytes, LeafHash)
          VALUES (@id, 1, 'award.issued', '2026-01-01T00:00:00Z', @id, @id, 1, @hash, 50, 1, @hash, 0x7B7D, @hash);
        UPDATE LedgerHead SET Size = 1, Frontier = @hash WHERE LogId = @id;
        """;

    private static async Task RunAsync(DbConnection connection, string script, string name)
    {
        foreach (var batch in SqlServerScripts.Batches(script))
            await Should.NotThrowAsync(() => connection.ExecuteAsync(batch), $"{name}: {batch}");
    }

    private static async Task RequireSqlServerAsync(DbConnection connection) =>
        Assert.SkipWhen(await connection.ExecuteScalarAsync<string?>("SELECT CAST(SERVERPROPERTY('Babelfish') AS varchar(10))") is not null, "roles and denials are those of SQL Server");

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new SqlConnection(new SqlConnectionStringBuilder(_server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync(sql);
    }
}
