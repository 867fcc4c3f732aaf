using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Courses;

/// <summary>A complete list of a course's members, as the LMS gave it (NRPS 2.0). Who is missing has left: awards stay, new ones stop.</summary>
internal sealed record RecordRoster(Guid CourseId, IReadOnlyList<Member> Members) : IWrite<int>;

/// <summary>The outcome counts the awards that were waiting for someone to be listed.</summary>
internal sealed class RecordRosterHandler(Work work, JudgeActivity judge, TimeProvider clock) : IRequestHandler<RecordRoster, int>
{
    private sealed record Place
    {
        public required Guid TenantId { get; init; }
        public required Guid PlatformId { get; init; }
    }

    private sealed record Listed
    {
        public required Guid LearnerId { get; init; }
        public required string Subject { get; init; }
        public string? Name { get; init; }
        public string? Email { get; init; }
        public required bool IsLearner { get; init; }
        public required bool IsActive { get; init; }
        public required string Seen { get; init; }
    }

    public async Task<int> Handle(RecordRoster request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await work.Connection.ExecuteAsync("UPDATE Course SET RosterReadAt = @now WHERE CourseId = @CourseId", new { now, request.CourseId }, work.Transaction);
        var place = await work.Connection.QuerySingleAsync<Place>("SELECT TenantId, PlatformId FROM Course WHERE CourseId = @CourseId", request, work.Transaction);
        var known = (await work.Connection.QueryAsync<Listed>(
            """
            SELECT m.LearnerId, l.Subject, p.Name, p.Email, m.IsLearner, m.IsActive, m.Seen
            FROM CourseMember m JOIN Learner l ON l.LearnerId = m.LearnerId LEFT JOIN LearnerProfile p ON p.LearnerId = m.LearnerId
            WHERE m.CourseId = @CourseId
            """,
            request,
            work.Transaction)).ToDictionary(l => l.Subject, StringComparer.Ordinal);
        var admitted = new List<Guid>();
        foreach (var member in request.Members.Where(m => m.UserId.Length is > 0 and <= 255 && m.UserId[^1] != ' ').DistinctBy(m => m.UserId, StringComparer.Ordinal))
        {
            var isLearner = member.Roles.MayLearn();
            var isActive = member.Status == MemberStatus.Active;
            known.Remove(member.UserId, out var before);
            if (before is not null && IsUnchanged(before, member, isLearner, isActive))
                continue;
            var person = new Person(member.Name, member.GivenName, member.FamilyName, member.Email, Locale: null);
            var learnerId = await LearnerDirectory.FindOrCreateAsync(work, place.TenantId, place.PlatformId, member.UserId, person, now);
            await ListAsync(request.CourseId, learnerId, isLearner, isActive, isNew: before is null);
            if (isLearner && isActive && before is not { Seen: "roster", IsLearner: true, IsActive: true })
                admitted.Add(learnerId);
        }

        foreach (var left in known.Values.Where(l => l.IsActive))
            await work.Connection.ExecuteAsync("UPDATE CourseMember SET IsActive = 0 WHERE CourseId = @CourseId AND LearnerId = @LearnerId", new { request.CourseId, left.LearnerId }, work.Transaction);
        return admitted.Count == 0 ? 0 : await JudgeAsync(request.CourseId, admitted, cancellationToken);
    }

    private static bool IsUnchanged(Listed before, Member member, bool isLearner, bool isActive) =>
        before.Seen == "roster" && before.IsLearner == isLearner && before.IsActive == isActive
        && (member.Name is null || member.Name == before.Name) && (member.Email is null || member.Email == before.Email);

    private Task ListAsync(Guid courseId, Guid learnerId, bool isLearner, bool isActive, bool isNew) => work.Connection.ExecuteAsync(
        isNew
            ? "INSERT INTO CourseMember (CourseId, LearnerId, IsLearner, IsActive, Seen) VALUES (@courseId, @learnerId, @isLearner, @isActive, 'roster')"
            : "UPDATE CourseMember SET IsLearner = @isLearner, IsActive = @isActive, Seen = 'roster' WHERE CourseId = @courseId AND LearnerId = @learnerId",
        new { courseId, learnerId, isLearner, isActive },
        work.Transaction);

    private async Task<int> JudgeAsync(Guid courseId, List<Guid> admitted, CancellationToken ct)
    {
        var awarded = 0;
        foreach (var activityId in (await work.Connection.QueryAsync<Guid>("SELECT ActivityId FROM Activity WHERE CourseId = @courseId ORDER BY ActivityId", new { courseId }, work.Transaction)).AsList())
            awarded += await judge.RunAsync(work, activityId, admitted, ct);
        return awarded;
    }
}
