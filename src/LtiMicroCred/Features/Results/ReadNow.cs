using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Results;

/// <summary>One result as the LMS holds it now, and whether it would pass.</summary>
internal sealed record SeenRow(string? Name, decimal Score, decimal Maximum, bool WouldPass);

/// <summary>What the set-up of a column ends with: its results as the LMS holds them now, for the instructor to see. Nothing of it is kept.</summary>
internal sealed class ReadNow(Database database, IPlatforms platforms, AssignmentAndGradeServices grades, TimeProvider clock)
{
    private sealed record Named
    {
        public required string Subject { get; init; }
        public string? Name { get; init; }
    }

    /// <exception cref="LtiServiceException">The column could not be read whole.</exception>
    public async Task<IReadOnlyList<SeenRow>> RunAsync(Guid tenantId, ActivityFacts activity, ReadColumn column, int assessment, CancellationToken ct)
    {
        var platform = await platforms.FindAsync(activity.PlatformId, ct) ?? throw new NoSuchLaunchException("the platform is gone");
        await using var connection = await database.OpenAsync(ct);
        var url = await connection.QuerySingleAsync<string>("SELECT Url FROM LineItem WHERE LineItemId = @LineItemId", column);
        var page = await grades.GetResultsAsync(platform, new Uri(url), ct);
        var names = (await connection.QueryAsync<Named>(
            """
            SELECT l.Subject, p.Name FROM CourseMember m JOIN Learner l ON l.LearnerId = m.LearnerId LEFT JOIN LearnerProfile p ON p.LearnerId = l.LearnerId
            WHERE m.CourseId = @CourseId AND l.TenantId = @tenantId
            """,
            new { activity.CourseId, tenantId })).ToDictionary(n => n.Subject, n => n.Name, StringComparer.Ordinal);
        var now = clock.GetUtcNow();
        return [.. page.Results
            .Where(r => r.ResultScore is not null)
            .Select(r => new SeenRow(names.GetValueOrDefault(r.UserId), r.ResultScore!.Value, r.ResultMaximum, Meets(activity.Rule, assessment, r, now)))
            .OrderByDescending(r => r.WouldPass).ThenBy(r => r.Name, StringComparer.CurrentCultureIgnoreCase)];
    }

    private static bool Meets(PassRule rule, int assessment, Result result, DateTimeOffset now) =>
        AwardPolicy.Meets(rule, new Observation(default, default, result.ResultScore, result.ResultMaximum, result.Timestamp, now, 0) { Assessment = assessment });
}
