using Dapper;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Tests.Databases;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace LtiMicroCred.Tests;

/// <summary>kill -9 while an award is being written: a trigger makes one statement slow, so that the kill lands inside the transaction, right after that table's row.</summary>
public sealed class KilledProcessTests
{
    private const string SqlServerSetting = "LTIMICROCRED_TEST_SQLSERVER";

    private static readonly string[] s_learners = ["learner", "learner2", "learner3"];
    private static readonly string[] s_tables = ["Result", "HeldAward", "Award", "Evidence", "EvidenceResult", "CredentialPage", "LedgerEntry"];

    [Fact]
    public async Task A_process_killed_in_the_middle_of_an_award_leaves_all_rows_or_none()
    {
        await using var lms = await DemoLmsServer.StartAsync(new DemoLmsOptions(), CancellationToken.None);
        await using var product = await ProductDatabase.CreateAsync($"http://127.0.0.1:{DemoWorld.FreePort()}");
        await product.FurnishAsync(learners: 0);
        var column = await RealLms.ConnectAsync(product, lms);
        var learner = lms.School.Person("learner");
        lms.School.Gradebook.SetGrade(column, learner, 80);

        foreach (var table in s_tables)
        {
            await product.ExecuteAsync($"CREATE TRIGGER Slow AFTER INSERT ON {table} BEGIN SELECT COUNT(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT i FROM n); END");
            using (var tool = await ToolProcess.ServeAsync(product.Configuration))
            {
                await UntilAsync(() => IsWriting(product.File), $"a write to {table} is under way");
                tool.Kill();
            }

            foreach (var written in s_tables)
                (await product.CountAsync(Awarded(written))).ShouldBe(0, $"rows of {written} after a kill at {table}");
            (await product.VerifyAsync()).Break.ShouldBeNull();
            await product.ExecuteAsync("DROP TRIGGER Slow; UPDATE LineItem SET LeasedUntil = NULL");
        }

        using (await ToolProcess.ServeAsync(product.Configuration))
            await UntilAsync(() => product.CountAsync("Award").GetAwaiter().GetResult() == 1, "the award is there after all");
        foreach (var written in s_tables)
            (await product.CountAsync(Awarded(written))).ShouldBe(1, written);
        var verification = await product.VerifyAsync();
        verification.Break.ShouldBeNull();
        verification.Entries.ShouldBe(2);
    }

    [Fact]
    public async Task Of_two_servers_on_one_file_one_is_killed_while_it_reads_and_the_other_awards_within_a_minute() =>
        await OneOfTwoIsKilledAsync(url => ProductDatabase.CreateAsync(url), (_, _) => Task.CompletedTask);

    [Fact]
    public async Task Of_two_servers_on_one_SQL_Server_that_share_the_shards_one_is_killed_and_the_other_takes_over_within_a_minute()
    {
        var server = Environment.GetEnvironmentVariable(SqlServerSetting) ?? "";
        Assert.SkipWhen(server.Length == 0, $"{SqlServerSetting} holds no connection string");
        await using var database = await ServerDatabase.CreateAsync(server);
        await OneOfTwoIsKilledAsync(
            url => ProductDatabase.CreateAsync(url, others:
            [
                new("LtiMicroCred__Database__Engine", "SqlServer"),
                new("LtiMicroCred__Database__ConnectionString", database.ConnectionString),
                new("LtiMicroCred__Keys__MasterKeyFile", database.MasterKeyFile),
            ]),
            async (product, servers) =>
            {
                // Both are in the cluster, and both have shards.
                await UntilAsync(() => product.CountAsync("QRTZ_SCHEDULER_STATE").GetAwaiter().GetResult() == servers, "both servers have checked in", seconds: 60);
                await UntilAsync(() => product.CountAsync("(SELECT DISTINCT INSTANCE_NAME FROM QRTZ_FIRED_TRIGGERS) fired").GetAwaiter().GetResult() == servers, "both servers have shards", seconds: 60);
            });
    }

    private static async Task OneOfTwoIsKilledAsync(Func<string, Task<ProductDatabase>> create, Func<ProductDatabase, int, Task> share)
    {
        await using var lms = await DemoLmsServer.StartAsync(new DemoLmsOptions(), CancellationToken.None);
        string[] servers = [$"http://127.0.0.1:{DemoWorld.FreePort()}", $"http://127.0.0.1:{DemoWorld.FreePort()}"];
        await using var balancer = await BalanceAsync(servers);
        await using var product = await create(balancer.Urls.Single());
        await product.FurnishAsync(learners: 0);
        var column = await RealLms.ConnectAsync(product, lms);
        foreach (var username in s_learners)
            lms.School.Gradebook.SetGrade(column, lms.School.Person(username), 80);
        lms.Faults.Slow(LmsService.Results, TimeSpan.FromSeconds(20));

        using var first = await ToolProcess.ServeAsync(At(servers[0]));
        await UntilAsync(() => product.CountAsync("LineItem WHERE LeasedUntil IS NOT NULL").GetAwaiter().GetResult() == 1, "the first server reads the column", seconds: 60);
        using var second = await ToolProcess.ServeAsync(At(servers[1]));
        await share(product, servers.Length);
        first.Kill();
        lms.Faults.Clear();
        var killed = DateTimeOffset.UtcNow;

        await UntilAsync(() => product.CountAsync("Award").GetAwaiter().GetResult() == s_learners.Length, "the other server awards", seconds: 60);
        (DateTimeOffset.UtcNow - killed).ShouldBeLessThan(TimeSpan.FromMinutes(1));
        await second.StopAsync();
        (await product.CountAsync("LedgerEntry WHERE Kind = 'award.issued'")).ShouldBe(s_learners.Length);
        (await product.VerifyAsync()).Break.ShouldBeNull();

        Dictionary<string, string> At(string url) => new(product.Configuration, StringComparer.Ordinal) { ["Urls"] = url };
    }

    /// <summary>What stands before several servers: asks the first that answers. Enough for an LMS that fetches the tool's keys.</summary>
    private static async Task<WebApplication> BalanceAsync(IReadOnlyList<string> servers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/{**path}", async (HttpRequest request, CancellationToken ct) =>
        {
            using var client = new HttpClient();
            foreach (var server in servers)
            {
                try
                {
                    return Results.Text(await client.GetStringAsync(new Uri(server + request.Path + request.QueryString), ct), "application/json");
                }
                catch (HttpRequestException)
                {
                    // Dead: the next one.
                }
            }

            return Results.StatusCode(StatusCodes.Status502BadGateway);
        });
        await app.StartAsync();
        return app;
    }

    // The achievement has an entry of its own.
    private static string Awarded(string table) => table == "LedgerEntry" ? "LedgerEntry WHERE Kind = 'award.issued'" : table;

    // What holds the file at two looks, a third of a second apart, sits in the slow statement: any other write takes a few milliseconds.
    private static bool IsWriting(string file)
    {
        if (!IsLocked(file))
            return false;
        Thread.Sleep(300);
        return IsLocked(file);
    }

    private static bool IsLocked(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False;Default Timeout=1");
        connection.Open();
        try
        {
            connection.Execute("BEGIN IMMEDIATE; ROLLBACK;");
            return false;
        }
        catch (SqliteException busy) when (busy.SqliteErrorCode == 5)
        {
            return true;
        }
    }

    private static async Task UntilAsync(Func<bool> holds, string what, int seconds = 30)
    {
        for (var i = 0; i < seconds * 10; i++)
        {
            if (holds())
                return;
            await Task.Delay(100);
        }

        throw new TimeoutException($"waited in vain until {what}");
    }
}
