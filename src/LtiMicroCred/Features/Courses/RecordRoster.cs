using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Courses;

/// <summary>
/// A complete list of a course's members, as the LMS gave it (NRPS 2.0). Who is missing has left: awards stay, new ones stop. Written in parts, however long the
/// list is: other institutions' launches go on between them. Ended in the middle, the rest follows with the next reading.
/// </summary>
internal sealed class RecordRoster(IServiceScopeFactory scopes, Database database)
{
    public const int Part = 200;

    private sealed record ActiveMember
    {
        public required Guid LearnerId { get; init; }
        public required string Subject { get; init; }
    }

    /// <returns>The awards that were waiting for someone to be listed.</returns>
    public async Task<int> RunAsync(Guid courseId, IReadOnlyList<Member> members, CancellationToken ct)
    {
        var usable = members.Where(m => m.UserId.Length is > 0 and <= 255 && m.UserId[^1] != ' ').DistinctBy(m => m.UserId, StringComparer.Ordinal).ToList();
        var awarded = 0;
        foreach (var part in usable.Chunk(Part))
            awarded += await scopes.SendAsync(new ListMembers(courseId, part), ct);

        foreach (var part in (await LeftAsync(courseId, usable.Select(m => m.UserId).ToHashSet(StringComparer.Ordinal), ct)).Chunk(Part))
            await scopes.SendAsync(new UnlistMembers(courseId, part), ct);
        await scopes.SendAsync(new NoteRosterRead(courseId), ct);
        return awarded;
    }

    private async Task<IReadOnlyList<Guid>> LeftAsync(Guid courseId, HashSet<string> listed, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var active = await connection.QueryAsync<ActiveMember>(
            "SELECT m.LearnerId, l.Subject FROM CourseMember m JOIN Learner l ON l.LearnerId = m.LearnerId WHERE m.CourseId = @courseId AND m.IsActive = 1", new { courseId });
        return [.. active.Where(m => !listed.Contains(m.Subject)).Select(m => m.LearnerId)];
    }
}

internal sealed record UnlistMembers(Guid CourseId, IReadOnlyList<Guid> Learners) : IWrite<int>;

internal sealed class UnlistMembersHandler(Work work) : IRequestHandler<UnlistMembers, int>
{
    public Task<int> Handle(UnlistMembers request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        "UPDATE CourseMember SET IsActive = 0 WHERE CourseId = @CourseId AND LearnerId = @learner", request.Learners.Select(learner => new { request.CourseId, learner }), work.Transaction);
}

internal sealed record NoteRosterRead(Guid CourseId) : IWrite<int>;

internal sealed class NoteRosterReadHandler(Work work, TimeProvider clock) : IRequestHandler<NoteRosterRead, int>
{
    public Task<int> Handle(NoteRosterRead request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        "UPDATE Course SET RosterReadAt = @now WHERE CourseId = @CourseId", new { now = clock.GetUtcNow(), request.CourseId }, work.Transaction);
}

/// <summary>A part of the list, of at most <see cref="RecordRoster.Part"/>.</summary>
internal sealed record ListMembers(Guid CourseId, IReadOnlyList<Member> Members) : IWrite<int>;

/// <summary>The outcome counts the awards that were waiting for someone to be listed.</summary>
internal sealed class ListMembersHandler(Work work, JudgeActivity judge, TimeProvider clock) : IRequestHandler<ListMembers, int>
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

    public async Task<int> Handle(ListMembers request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var place = await work.Connection.QuerySingleAsync<Place>("SELECT TenantId, PlatformId FROM Course WHERE CourseId = @CourseId", request, work.Transaction);
        var known = (await work.Connection.QueryAsync<Listed>(
            """
            SELECT m.LearnerId, l.Subject, p.Name, p.Email, m.IsLearner, m.IsActive, m.Seen
            FROM CourseMember m JOIN Learner l ON l.LearnerId = m.LearnerId LEFT JOIN LearnerProfile p ON p.LearnerId = m.LearnerId
            WHERE m.CourseId = @CourseId AND l.Subject IN @Subjects
            """,
            new { request.CourseId, Subjects = request.Members.Select(m => m.UserId) },
            work.Transaction)).ToDictionary(l => l.Subject, StringComparer.Ordinal);
        var admitted = new List<Guid>();
        foreach (var member in request.Members)
        {
            var isLearner = member.Roles.MayLearn();
            var isActive = member.Status == MemberStatus.Active;
            var before = known.GetValueOrDefault(member.UserId);
            if (before is not null && IsUnchanged(before, member, isLearner, isActive))
                continue;
            var person = new Person(member.Name, member.GivenName, member.FamilyName, member.Email, Locale: null);
            var learnerId = await LearnerDirectory.FindOrCreateAsync(work, place.TenantId, place.PlatformId, member.UserId, person, now);
            await ListAsync(request.CourseId, learnerId, isLearner, isActive, isNew: before is null);
            if (isLearner && isActive && before is not { Seen: "roster", IsLearner: true, IsActive: true })
                admitted.Add(learnerId);
        }

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
