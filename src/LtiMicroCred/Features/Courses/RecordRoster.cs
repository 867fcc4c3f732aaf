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

    /// <param name="courseId">Whose list it is.</param>
    /// <param name="members">All of them.</param>
    /// <param name="asked">When the LMS was asked for it: whoever left after that is still on it. One that is older than what is known says nothing.</param>
    /// <param name="ct">Ends it between two parts.</param>
    /// <returns>The awards that were waiting for someone to be listed.</returns>
    public async Task<int> RunAsync(Guid courseId, IReadOnlyList<Member> members, DateTimeOffset asked, CancellationToken ct)
    {
        if (await IsOutdatedAsync(courseId, asked, ct))
            return 0;
        var listed = members.Where(m => m.UserId.Length is > 0 and <= 255 && m.UserId[^1] != ' ').DistinctBy(m => m.UserId, StringComparer.Ordinal).ToDictionary(m => m.UserId, StringComparer.Ordinal);
        var known = await KnownAsync(courseId, ct);
        var awarded = 0;
        // Most lists say nothing new, and then nothing is written of them.
        foreach (var part in listed.Values.Where(m => known.GetValueOrDefault(m.UserId)?.IsStill(m) != true).Chunk(Part))
            awarded += await scopes.SendAsync(new ListMembers(courseId, part), ct);

        foreach (var part in known.Values.Where(k => k.IsActive && !listed.ContainsKey(k.Subject)).Select(k => k.LearnerId).Chunk(Part))
            await scopes.SendAsync(new UnlistMembers(courseId, part), ct);
        await scopes.SendAsync(new NoteRosterRead(courseId, asked), ct);
        return awarded;
    }

    private async Task<bool> IsOutdatedAsync(Guid courseId, DateTimeOffset asked, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM Course WHERE CourseId = @courseId AND RosterReadAt > @asked", new { courseId, asked }) > 0;
    }

    private async Task<Dictionary<string, KnownMember>> KnownAsync(Guid courseId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return (await connection.QueryAsync<KnownMember>(KnownMember.Query, new { CourseId = courseId })).ToDictionary(k => k.Subject, StringComparer.Ordinal);
    }
}

/// <summary>A member of a course as we know them.</summary>
internal sealed record KnownMember
{
    public const string Query =
        """
        SELECT m.LearnerId, l.Subject, p.Name, p.Email, m.IsLearner, m.IsActive, m.Seen
        FROM CourseMember m JOIN Learner l ON l.LearnerId = m.LearnerId LEFT JOIN LearnerProfile p ON p.LearnerId = m.LearnerId
        WHERE m.CourseId = @CourseId
        """;

    public required Guid LearnerId { get; init; }
    public required string Subject { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public required bool IsLearner { get; init; }
    public required bool IsActive { get; init; }
    public required string Seen { get; init; }

    /// <summary>True if a list that says this says nothing new.</summary>
    public bool IsStill(Member member) =>
        IsListedAs(member) && (member.Name is null || member.Name == Name) && (member.Email is null || member.Email == Email);

    /// <summary>True if they were on a list before, as a learner or not, active or not, as now.</summary>
    public bool IsListedAs(Member member) => Seen == "roster" && IsLearner == member.Roles.MayLearn() && IsActive == (member.Status == MemberStatus.Active);
}

internal sealed record UnlistMembers(Guid CourseId, IReadOnlyList<Guid> Learners) : IWrite<int>;

internal sealed class UnlistMembersHandler(Work work) : IRequestHandler<UnlistMembers, int>
{
    public Task<int> Handle(UnlistMembers request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        "UPDATE CourseMember SET IsActive = 0 WHERE CourseId = @CourseId AND LearnerId = @learner", request.Learners.Select(learner => new { request.CourseId, learner }), work.Transaction);
}

internal sealed record NoteRosterRead(Guid CourseId, DateTimeOffset Asked) : IWrite<int>;

internal sealed class NoteRosterReadHandler(Work work) : IRequestHandler<NoteRosterRead, int>
{
    public Task<int> Handle(NoteRosterRead request, CancellationToken cancellationToken) => work.Connection.ExecuteAsync(
        "UPDATE Course SET RosterReadAt = @Asked WHERE CourseId = @CourseId AND (RosterReadAt IS NULL OR RosterReadAt < @Asked)", request, work.Transaction);
}

/// <summary>What is new in a list, of at most <see cref="RecordRoster.Part"/>.</summary>
internal sealed record ListMembers(Guid CourseId, IReadOnlyList<Member> Members) : IWrite<int>;

/// <summary>The outcome counts the awards that were waiting for someone to be listed.</summary>
internal sealed class ListMembersHandler(Work work, LearnerDirectory learners, JudgeActivity judge, TimeProvider clock) : IRequestHandler<ListMembers, int>
{
    private sealed record Place
    {
        public required Guid TenantId { get; init; }
        public required Guid PlatformId { get; init; }
    }

    public async Task<int> Handle(ListMembers request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var place = await work.Connection.QuerySingleAsync<Place>("SELECT TenantId, PlatformId FROM Course WHERE CourseId = @CourseId", request, work.Transaction);
        // By the learners' own key: a part must not cost a look through the whole course.
        var known = (await work.Connection.QueryAsync<KnownMember>(
            KnownMember.Query + " AND l.TenantId = @TenantId AND l.PlatformId = @PlatformId AND l.Subject IN @Subjects",
            new { request.CourseId, place.TenantId, place.PlatformId, Subjects = request.Members.Select(m => m.UserId) },
            work.Transaction)).ToDictionary(k => k.Subject, StringComparer.Ordinal);
        var admitted = new List<Guid>();
        foreach (var member in request.Members)
        {
            var before = known.GetValueOrDefault(member.UserId);
            var (isLearner, isActive) = (member.Roles.MayLearn(), member.Status == MemberStatus.Active);
            var person = new Person(member.Name, member.GivenName, member.FamilyName, member.Email, Locale: null);
            if (await learners.FindOrCreateAsync(work, place.TenantId, place.PlatformId, member.UserId, person, now) is not { } learnerId)
                continue;
            await ListAsync(request.CourseId, learnerId, isLearner, isActive, isNew: before is null);
            if (isLearner && isActive && before?.IsListedAs(member) != true)
                admitted.Add(learnerId);
        }

        return admitted.Count == 0 ? 0 : await JudgeAsync(request.CourseId, admitted, cancellationToken);
    }

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
