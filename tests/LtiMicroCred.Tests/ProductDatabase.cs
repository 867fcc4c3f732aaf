using System.Data.Common;
using System.IO.Compression;
using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests;

/// <summary>The product's services on a real SQLite file of their own, without the server.</summary>
internal sealed class ProductDatabase : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ltimicrocred-test-").FullName;
    private readonly WebApplication _app;

    private readonly bool _allowPrivateNetworks;
    private WebApplication? _server;

    private readonly TimeProvider? _clock;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _others;

    private ProductDatabase(string publicUrl, bool allowPrivateNetworks, TimeProvider? clock = null, params IReadOnlyList<KeyValuePair<string, string>> others)
    {
        (PublicUrl, _allowPrivateNetworks, _clock, _others) = (publicUrl, allowPrivateNetworks, clock, others);
        _app = NewBuilder().Build();
    }

    public string PublicUrl { get; }
    public string File => Path.Combine(_folder, "test.db");
    public IServiceProvider Services => _app.Services;
    public IServiceScopeFactory Scopes => Services.GetRequiredService<IServiceScopeFactory>();

    /// <summary>Of the server that was started.</summary>
    public IReadOnlyList<Endpoint> Endpoints => _server!.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>As environment variables of a process that shares this file.</summary>
    public Dictionary<string, string> Configuration
    {
        get
        {
            var all = Own;
            foreach (var (key, value) in _others)
                all[key] = value;
            return all;
        }
    }

    private Dictionary<string, string> Own => new(StringComparer.Ordinal)
    {
        ["LtiMicroCred__PublicUrl"] = PublicUrl,
        ["LtiMicroCred__Database__Engine"] = "Sqlite",
        ["LtiMicroCred__Database__ConnectionString"] = $"Data Source={File}",
        ["LtiMicroCred__Outgoing__AllowPrivateNetworks"] = _allowPrivateNetworks ? "true" : "false",
        ["LtiMicroCred__Results__PollSeconds"] = "1",
        ["LtiMicroCred__Ledger__CheckpointSeconds"] = "1",
        // Floods are to reach the checks behind the limit, which has tests of its own.
        ["LtiMicroCred__Limits__LaunchesPerSecond"] = "1000000",
        ["Logging__LogLevel__Default"] = "Error",
        ["Urls"] = PublicUrl,
    };

    /// <summary>On a database that an earlier version made, from <c>tests/fixtures/databases</c>; not upgraded yet.</summary>
    public static async Task<ProductDatabase> RestoreAsync(string name)
    {
        var product = new ProductDatabase("http://127.0.0.1:5999", allowPrivateNetworks: true);
        await using var packed = new GZipStream(System.IO.File.OpenRead(Path.Combine(AppContext.BaseDirectory, "fixtures", "databases", name)), CompressionMode.Decompress);
        await using var file = System.IO.File.Create(product.File);
        await packed.CopyToAsync(file);
        return product;
    }

    public static async Task<ProductDatabase> CreateAsync(string publicUrl = "http://127.0.0.1:5999", bool allowPrivateNetworks = true, TimeProvider? clock = null, params IReadOnlyList<KeyValuePair<string, string>> others)
    {
        var product = new ProductDatabase(publicUrl, allowPrivateNetworks, clock, others);
        await CommandLine.PrepareAsync(product.Services, CancellationToken.None);
        return product;
    }

    /// <summary>A server on this file, at a free port of its own or where others are to reach it; stops with this.</summary>
    public async Task<string> ServeAsync(string url = "http://127.0.0.1:0")
    {
        var builder = NewBuilder();
        builder.Configuration["Urls"] = url;
        _server = builder.BuildServer();
        await CommandLine.PrepareAsync(_server.Services, CancellationToken.None);
        await _server.StartAsync();
        return _server.Urls.Single();
    }

    /// <summary>Puts a copy in place of the file, as one does while no server runs.</summary>
    public async Task PutInPlaceAsync(string copy)
    {
        await (await Services.GetRequiredService<Database>().OpenWriterAsync(CancellationToken.None)).DisposeAsync();
        SqliteConnection.ClearAllPools();
        System.IO.File.Delete($"{File}-wal");
        System.IO.File.Delete($"{File}-shm");
        System.IO.File.Copy(copy, File, overwrite: true);
    }

    public Task<T> SendAsync<T>(IRequest<T> message) => Scopes.SendAsync(message, CancellationToken.None);

    public Task<DbConnection> OpenAsync() => Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);

    public async Task<long> CountAsync(string table)
    {
        await using var connection = await OpenAsync();
#pragma warning disable CA2100 // table names of this file's own callers
        return await connection.ExecuteScalarAsync<long>($"SELECT COUNT(*) FROM {table}");
#pragma warning restore CA2100
    }

    public async Task ExecuteAsync(string sql, object? facts = null)
    {
        await using var connection = await OpenAsync();
        await connection.ExecuteAsync(sql, facts);
    }

    public Task<LedgerVerification> VerifyAsync() => Services.GetRequiredService<VerifyLedger>().RunAsync([], [], progress: null, CancellationToken.None);

    /// <summary>A tenant with a platform, a course with listed learners, and an activity with a rule of 60 % and two columns.</summary>
    public async Task<Classroom> FurnishAsync(int learners, int? validMonths = null)
    {
        await SendAsync(new InvitePlatform("University of Lindhaven", TimeSpan.FromHours(1)));
        await using var connection = await OpenAsync();
        var tenantId = await connection.QuerySingleAsync<Guid>("SELECT TenantId FROM Tenant");
        var achievement = await SendAsync(new PublishAchievement(tenantId, new AchievementDraft("Data Ethics", "Handling ethical risks.", ["name a risk"], 50, 2, 6, validMonths)));
        var room = new Classroom(tenantId, Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), achievement.AchievementId);
        var facts = new { room.TenantId, room.PlatformId, room.CourseId, room.ActivityId, room.OwnColumn, room.FormulaColumn, room.AchievementId, Deployment = Guid.CreateVersion7(), Rule = Guid.CreateVersion7(), Content = PassRule.Percent(60).ToJson(), Now = DateTimeOffset.UtcNow };
        await connection.ExecuteAsync(
            """
            INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, CreatedAt)
              VALUES (@PlatformId, @TenantId, 'http://localhost:1', 'client', 'http://localhost:1/auth', 'http://localhost:1/token', 'http://localhost:1/jwks', @Now);
            INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, ApprovedAt, FirstSeenAt, TurnedAway) VALUES (@Deployment, @PlatformId, '1', @TenantId, @Now, @Now, 0);
            INSERT INTO Course (CourseId, TenantId, PlatformId, DeploymentKey, ContextId, MembershipsUrl, CreatedAt) VALUES (@CourseId, @TenantId, @PlatformId, @Deployment, '2', 'http://localhost:1/members', @Now);
            INSERT INTO Activity (ActivityId, TenantId, CourseId, ResourceLinkId, AchievementId, AchievementVersion, Revision, CreatedAt) VALUES (@ActivityId, @TenantId, @CourseId, '1', @AchievementId, 1, 0, @Now);
            INSERT INTO PassRule (PassRuleId, TenantId, ActivityId, Version, Content, CreatedAt) VALUES (@Rule, @TenantId, @ActivityId, 1, @Content, @Now);
            INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
              VALUES (@OwnColumn, @TenantId, @ActivityId, 'own', 'http://localhost:1/own', 'own', 1, @Now, @Now, 0), (@FormulaColumn, @TenantId, @ActivityId, 'formula', 'http://localhost:1/formula', 'formula', 1, @Now, @Now, 0);
            """,
            facts);
        for (var i = 1; i <= learners; i++)
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO Learner (LearnerId, TenantId, PlatformId, Subject, CreatedAt) VALUES (@Id, @TenantId, @PlatformId, @Subject, @Now);
                INSERT INTO LearnerProfile (LearnerId, SubjectKey) VALUES (@Id, @Key);
                INSERT INTO CourseMember (CourseId, LearnerId, IsLearner, IsActive, Seen) VALUES (@CourseId, @Id, 1, 1, 'roster');
                """,
                new { Id = Guid.CreateVersion7(), room.TenantId, room.PlatformId, Subject = i.ToString(System.Globalization.CultureInfo.InvariantCulture), Key = RandomNumberGenerator.GetBytes(32), room.CourseId, Now = DateTimeOffset.UtcNow });
        }

        return room;
    }

    private WebApplicationBuilder NewBuilder()
    {
        var builder = App.CreateBuilder([], Configuration.Select(c => KeyValuePair.Create<string, string?>(c.Key.Replace("__", ":", StringComparison.Ordinal), c.Value)));
        if (_clock is not null)
            builder.Services.AddSingleton(_clock);
        return builder;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync();
            await _server.DisposeAsync();
        }

        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>The ids of a furnished course.</summary>
internal sealed record Classroom(Guid TenantId, Guid PlatformId, Guid CourseId, Guid ActivityId, Guid OwnColumn, Guid FormulaColumn, Guid AchievementId);
