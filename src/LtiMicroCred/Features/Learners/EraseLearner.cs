using System.Security.Cryptography;
using System.Text;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Learners;

/// <summary>
/// Destroys what names a learner: profile, key, results, memberships, sessions, and the link to every award. The ledger stays as it is and verifies;
/// nobody can tell any more whose the entries are. Backups keep what they have until they are gone.
/// </summary>
internal sealed class EraseLearners(Database database, IServiceScopeFactory scopes)
{
    /// <returns>How many awards lost their learner; null where the LMS's registration has no such learner.</returns>
    public async Task<int?> RunAsync(Guid platformId, string subject, CancellationToken ct)
    {
        var awards = await scopes.SendAsync(new EraseLearner(platformId, subject), ct);
        if (awards is not null && database.Engine == LedgerEngine.Sqlite)
        {
            // What was deleted is overwritten in the file (secure_delete); this takes it out of the write-ahead log as well.
            await using var connection = await database.OpenAsync(ct);
            await connection.ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        }

        return awards;
    }
}

/// <summary>How the LMS's name for someone reads once it is erased: a hash under a key that is not in the database.</summary>
internal sealed class ErasedSubjects(MasterKey master)
{
    private readonly byte[] _key = master.Derive("erased subjects");

    public string Of(Guid platformId, string subject) =>
        "erased:" + Convert.ToHexStringLower(HMACSHA256.HashData(_key, (byte[])[.. platformId.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(subject)]));
}

/// <summary>The outcome counts the awards that lost their learner; null where there is none.</summary>
internal sealed record EraseLearner(Guid PlatformId, string Subject) : IWrite<int?>;

internal sealed class EraseLearnerHandler(Work work, ErasedSubjects erased, TimeProvider clock) : IRequestHandler<EraseLearner, int?>
{
    // Long enough for a busy institution's own entries to come between.
    public static readonly TimeSpan Spread = TimeSpan.FromDays(7);

    private static readonly string[] s_destroy =
    [
        "DELETE FROM HeldAward WHERE LearnerId = @learnerId",
        "DELETE FROM EvidenceResult WHERE AwardId IN (SELECT AwardId FROM Award WHERE LearnerId = @learnerId)",
        "DELETE FROM Evidence WHERE AwardId IN (SELECT AwardId FROM Award WHERE LearnerId = @learnerId)",
        "DELETE FROM FollowUp WHERE LearnerId = @learnerId",
        "DELETE FROM StaffDecision WHERE LearnerId = @learnerId",
        "UPDATE StaffDecision SET DecidedBy = NULL WHERE DecidedBy = @learnerId",
        "UPDATE CredentialPage SET PublicSince = NULL, CelebratedAt = NULL WHERE AwardId IN (SELECT AwardId FROM Award WHERE LearnerId = @learnerId)",
        "UPDATE Award SET LearnerId = NULL WHERE LearnerId = @learnerId",
        "DELETE FROM Result WHERE LearnerId = @learnerId",
        "UPDATE Result SET EnteredBy = NULL WHERE EnteredBy = @learnerId",
        "UPDATE ImportBatch SET EnteredBy = NULL WHERE EnteredBy = @learnerId",
        "DELETE FROM ImportDraft WHERE DraftedBy = @learnerId OR ActivityId IN (SELECT a.ActivityId FROM Activity a JOIN CourseMember m ON m.CourseId = a.CourseId WHERE m.LearnerId = @learnerId)",
        "UPDATE PassRule SET ChangedBy = NULL WHERE ChangedBy = @learnerId",
        "UPDATE AchievementPolicy SET ChangedBy = NULL WHERE ChangedBy = @learnerId",
        "DELETE FROM GateMember WHERE LearnerId = @learnerId",
        "UPDATE GateBatch SET DecidedBy = NULL WHERE DecidedBy = @learnerId",
        "DELETE FROM CourseMember WHERE LearnerId = @learnerId",
        "DELETE FROM PublishedStart WHERE LearnerId = @learnerId",
        "DELETE FROM PublishedVisit WHERE LearnerId = @learnerId",
        "DELETE FROM PublishedPerson WHERE LearnerId = @learnerId",
        "DELETE FROM LaunchSession WHERE LearnerId = @learnerId",
        "DELETE FROM LearnerProfile WHERE LearnerId = @learnerId",
        "UPDATE Learner SET Subject = @Erased, ErasedAt = @Now WHERE LearnerId = @learnerId",
    ];

    public async Task<int?> Handle(EraseLearner request, CancellationToken cancellationToken)
    {
        var found = await work.Connection.QuerySingleOrDefaultAsync<Guid?>(
            "SELECT LearnerId FROM Learner WHERE PlatformId = @PlatformId AND Subject = @Subject AND ErasedAt IS NULL", request, work.Transaction);
        if (found is not { } learnerId)
            return null;

        var awards = (await work.Connection.QueryAsync<Guid>("SELECT AwardId FROM Award WHERE LearnerId = @learnerId", new { learnerId }, work.Transaction)).AsList();
        foreach (var award in awards)
        {
            var wait = TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32((int)Spread.TotalSeconds));
            await work.Connection.ExecuteAsync("INSERT INTO Erasure (AwardId, DueAt) VALUES (@award, @DueAt)", new { award, DueAt = clock.GetUtcNow() + wait }, work.Transaction);
        }

        foreach (var statement in s_destroy)
            await work.Connection.ExecuteAsync(statement, new { learnerId, Erased = erased.Of(request.PlatformId, request.Subject), Now = clock.GetUtcNow() }, work.Transaction);
        return awards.Count;
    }
}

/// <summary>Brings the ledger what it has to say of erased learners' awards, each at its own time, on any node.</summary>
internal sealed partial class AppendErasures(Database database, IServiceScopeFactory scopes, TimeProvider clock, ILogger<AppendErasures> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock);
        do
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task RunAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        foreach (var award in await connection.QueryAsync<Guid>("SELECT AwardId FROM Erasure WHERE DueAt <= @Now ORDER BY DueAt", new { Now = clock.GetUtcNow() }))
            await scopes.SendAsync(new AppendErasure(award), ct);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Recording erased awards in the ledger failed; it is tried again in a minute. The learners are erased all the same.")]
        public static partial void Failed(ILogger log, Exception exception);
    }
}

/// <summary>False where another node was first.</summary>
internal sealed record AppendErasure(Guid AwardId) : IWrite<bool>;

internal sealed class AppendErasureHandler(Work work, Database database, TimeProvider clock) : IRequestHandler<AppendErasure, bool>
{
    public async Task<bool> Handle(AppendErasure request, CancellationToken cancellationToken)
    {
        if (await work.Connection.ExecuteAsync("DELETE FROM Erasure WHERE AwardId = @AwardId", request, work.Transaction) == 0)
            return false;
        var tenantId = await work.Connection.QuerySingleAsync<Guid>("SELECT TenantId FROM Award WHERE AwardId = @AwardId", request, work.Transaction);
        await work.Connection.ExecuteAsync("UPDATE Award SET State = @Erased WHERE AwardId = @AwardId", new { AwardState.Erased, request.AwardId }, work.Transaction);
        // The day is all that the entry says of the time.
        var day = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        await new LedgerLog(database.Engine).AppendAsync(work.Connection, work.Transaction, tenantId, [new LearnerErased { At = day, AwardId = request.AwardId }], cancellationToken);
        return true;
    }
}
