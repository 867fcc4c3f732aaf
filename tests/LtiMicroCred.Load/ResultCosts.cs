using System.Diagnostics;
using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace LtiMicroCred.Load;

/// <summary>From a grade to its award: the whole way, from the LMS's answer to the commit, on SQLite.</summary>
internal static class ResultCosts
{
    private const string Own = "1";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(int learners, int quiet, int minutes)
    {
        if (learners > 0)
            await RateAsync(learners);
        if (quiet > 0)
            await QuietAsync(quiet);
        if (minutes > 0)
            await WaitAsync(minutes);
    }

    /// <summary>One course, whose learners all pass between two readings.</summary>
    private static async Task RateAsync(int learners)
    {
        await using var lms = await LoadPlatform.StartAsync();
        await using var tool = new ToolServer(pollSeconds: 5);
        await tool.StartAsync();
        await Course.RegisterAsync(tool, lms, 1);
        await Course.ChooseCredentialAsync(tool, lms);
        var people = Subjects(learners).ToList();
        lms.Members = LoadPlatform.ListOf(people);
        lms.Columns[Own] = LoadPlatform.ResultsOf(people, 40);
        await using var database = await OpenAsync(tool);
        await UntilAsync(database, "SELECT COUNT(*) FROM Result", learners);

        // The next reading begins just after.
        var readings = lms.Readings;
        while (lms.Readings == readings)
            await Task.Delay(5);
        lms.Columns[Own] = LoadPlatform.ResultsOf(people, 80);
        readings = lms.Readings;
        var cpu = tool.Cpu;
        while (lms.Readings == readings)
            await Task.Delay(1);
        var started = Stopwatch.GetTimestamp();
        await UntilAsync(database, "SELECT COUNT(*) FROM HeldAward", learners);
        var took = Stopwatch.GetElapsedTime(started);
        Say($"results to awards:     {learners / took.TotalSeconds:0} results/s of {learners}, all of them awards (target: at least 3000); server CPU {(tool.Cpu - cpu).TotalMilliseconds / learners:0.000} ms each");

        var changes = await database.ExecuteScalarAsync<string>("SELECT Revision || ' ' || (SELECT COUNT(*) FROM Result) FROM Activity");
        (readings, cpu) = (lms.Readings, tool.Cpu);
        while (lms.Readings < readings + 3)
            await Task.Delay(5);
        await Task.Delay(1000);
        var unchanged = changes == await database.ExecuteScalarAsync<string>("SELECT Revision || ' ' || (SELECT COUNT(*) FROM Result) FROM Activity");
        Say($"unchanged results:     {(tool.Cpu - cpu).TotalMilliseconds / 3 / learners * 1000:0.0} µs of server CPU each; {(unchanged ? "nothing was written" : "SOMETHING WAS WRITTEN")}");
    }

    /// <summary>Columns that are read every half hour, and say the same each time.</summary>
    private static async Task QuietAsync(int columns)
    {
        const int platforms = 20, perColumn = 5, seconds = 60;
        await using var lms = await LoadPlatform.StartAsync();
        await using var tool = new ToolServer(pollSeconds: 60);
        await tool.StartAsync();
        await Course.RegisterAsync(tool, lms, platforms);
        await Course.ChooseCredentialAsync(tool, lms);
        await using var database = await OpenAsync(tool);
        var people = Subjects(perColumn).ToList();
        lms.Members = LoadPlatform.ListOf(people);
        await MultiplyAsync(database, lms, columns, activeAt: DateTimeOffset.UtcNow.AddDays(-3), spread: TimeSpan.Zero);
        for (var i = 0; i < columns; i++)
            lms.Columns["q" + i.ToString(CultureInfo.InvariantCulture)] = LoadPlatform.ResultsOf(people, 40);

        await UntilAsync(database, "SELECT COUNT(*) FROM LineItem WHERE InUse = 1 AND ReadAt IS NOT NULL", columns);
        await SpreadAsync(database, activeAt: DateTimeOffset.UtcNow.AddDays(-3), TimeSpan.FromMinutes(30));
        await Task.Delay(TimeSpan.FromSeconds(10));
        var (cpu, readings, started) = (tool.Cpu, lms.Readings, Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var share = (tool.Cpu - cpu) / Stopwatch.GetElapsedTime(started);
        Say($"quiet columns:         {columns} of {platforms} platforms, {(lms.Readings - readings) / (double)seconds:0.0} readings/s: {share * 100:0.0} % of a core (target: at most 5)");
    }

    /// <summary>Grades at random moments in many courses; each waits for its column's turn.</summary>
    private static async Task WaitAsync(int minutes)
    {
        const int platforms = 10, columns = 300, grades = 1_000;
        await using var lms = await LoadPlatform.StartAsync();
        await using var tool = new ToolServer(pollSeconds: 60);
        await tool.StartAsync();
        await Course.RegisterAsync(tool, lms, platforms);
        await Course.ChooseCredentialAsync(tool, lms);
        await using var database = await OpenAsync(tool);
        var people = Subjects(grades).ToList();
        lms.Members = LoadPlatform.ListOf(people);
        await MultiplyAsync(database, lms, columns, activeAt: DateTimeOffset.UtcNow, spread: TimeSpan.FromSeconds(60));
        await Task.Delay(TimeSpan.FromSeconds(90));

        // Learners of one course are one list here: each grade goes to a column of its own choice, and is one award.
        var given = new Dictionary<(string Column, string Subject), DateTimeOffset>();
        var perColumn = Enumerable.Range(0, columns).Select(_ => new List<string>()).ToArray();
        var order = new Random(7);
        for (var i = 0; i < grades; i++)
        {
            var column = order.Next(columns);
            perColumn[column].Add(people[i]);
            var name = "q" + column.ToString(CultureInfo.InvariantCulture);
            lms.Columns[name] = LoadPlatform.ResultsOf(perColumn[column], 80);
            given[(name, people[i])] = DateTimeOffset.UtcNow;
            await Task.Delay(TimeSpan.FromMinutes(minutes) / grades);
        }

        await UntilAsync(database, "SELECT COUNT(*) FROM HeldAward", grades);
        var waits = (await database.QueryAsync<(string Url, string Subject, string IssuedAt)>(
            """
            SELECT i.Url, l.Subject, w.IssuedAt FROM Award w JOIN EvidenceResult e ON e.AwardId = w.AwardId JOIN Result r ON r.ResultId = e.ResultId
            JOIN LineItem i ON i.LineItemId = r.LineItemId JOIN Learner l ON l.LearnerId = w.LearnerId
            """)).Select(w => DateTimeOffset.Parse(w.IssuedAt, CultureInfo.InvariantCulture) - given[(w.Url[(w.Url.LastIndexOf('/') + 1)..], w.Subject)]).Order().ToList();
        Say($"from grade to award:   p50 {waits[waits.Count / 2].TotalSeconds:0.0} s, p99 {waits[(int)(waits.Count * .99)].TotalSeconds:0.0} s with a reading a minute, {columns} columns of {platforms} platforms (target: p99 below 62)");
    }

    /// <summary>Courses like the one that is there, spread over all registrations, each with a column that has its next reading somewhere in the span.</summary>
    private static async Task MultiplyAsync(SqliteConnection database, LoadPlatform lms, int columns, DateTimeOffset activeAt, TimeSpan spread)
    {
        await using var transaction = await database.BeginTransactionAsync();
        var platforms = (await database.QueryAsync<(string PlatformId, string Issuer, string DeploymentKey)>(
            "SELECT p.PlatformId, p.Issuer, d.DeploymentKey FROM Platform p JOIN Deployment d ON d.PlatformId = p.PlatformId ORDER BY p.Issuer", transaction: transaction)).AsList();
        await database.ExecuteAsync("UPDATE LineItem SET InUse = 0", transaction: transaction);
        for (var i = 0; i < columns; i++)
        {
            var (platform, issuer, deployment) = platforms[i % platforms.Count];
            await database.ExecuteAsync(
                """
                INSERT INTO Course (CourseId, TenantId, PlatformId, DeploymentKey, ContextId, MembershipsUrl, LineItemsUrl, CreatedAt)
                SELECT @course, TenantId, @platform, @deployment, @course, @members, LineItemsUrl, CreatedAt FROM Course WHERE ContextId = 'course-1';
                INSERT INTO Activity (ActivityId, TenantId, CourseId, ResourceLinkId, AchievementId, AchievementVersion, Revision, CreatedAt)
                SELECT @activity, TenantId, @course, 'link', AchievementId, AchievementVersion, 0, CreatedAt FROM Activity WHERE ResourceLinkId = 'link-1';
                INSERT INTO PassRule (PassRuleId, TenantId, ActivityId, Version, Content, CreatedAt)
                SELECT @rule, r.TenantId, @activity, 1, r.Content, r.CreatedAt FROM PassRule r JOIN Activity a ON a.ActivityId = r.ActivityId WHERE a.ResourceLinkId = 'link-1';
                INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
                SELECT @item, TenantId, @activity, 'own', @url, 'own', 1, @active, @next, 0 FROM Activity WHERE ActivityId = @activity;
                """,
                new
                {
                    course = Id(),
                    activity = Id(),
                    rule = Id(),
                    item = Id(),
                    platform,
                    deployment,
                    members = issuer + "/members",
                    url = string.Create(CultureInfo.InvariantCulture, $"{issuer}/lineitems/q{i}"),
                    active = Text(activeAt),
                    next = Text(DateTimeOffset.UtcNow + (spread * i / columns)),
                },
                transaction);
        }

        await transaction.CommitAsync();
    }

    /// <summary>Each column has its next reading somewhere in the span.</summary>
    private static async Task SpreadAsync(SqliteConnection database, DateTimeOffset activeAt, TimeSpan span)
    {
        var items = (await database.QueryAsync<string>("SELECT LineItemId FROM LineItem WHERE InUse = 1")).AsList();
        await using var transaction = await database.BeginTransactionAsync();
        await database.ExecuteAsync(
            "UPDATE LineItem SET ActiveAt = @active, NextReadAt = @next WHERE LineItemId = @item",
            items.Select((item, i) => new { item, active = Text(activeAt), next = Text(DateTimeOffset.UtcNow + (span * i / items.Count)) }),
            transaction);
        await transaction.CommitAsync();
    }

    private static async Task<SqliteConnection> OpenAsync(ToolServer tool)
    {
        var database = new SqliteConnection($"Data Source={tool.DatabaseFile};Pooling=false");
        await database.OpenAsync();
        await database.ExecuteAsync("PRAGMA busy_timeout=30000");
        return database;
    }

    private static async Task UntilAsync(SqliteConnection database, string count, int wanted)
    {
        var started = Stopwatch.GetTimestamp();
#pragma warning disable CA2100 // this file's own queries
        while (await database.ExecuteScalarAsync<long>(count) < wanted)
#pragma warning restore CA2100
        {
            if (Stopwatch.GetElapsedTime(started) > s_patience)
                throw new TimeoutException("waited in vain for " + count);
            await Task.Delay(10);
        }
    }

    private static IEnumerable<string> Subjects(int count) => Enumerable.Range(1, count).Select(i => "s" + i.ToString(CultureInfo.InvariantCulture));

    private static string Id() => Guid.CreateVersion7().ToString("D");

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
