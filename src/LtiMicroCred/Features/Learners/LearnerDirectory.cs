using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Features.Learners;

/// <summary>People as their LMS names them: tenant + issuer + client_id + sub. The same e-mail address from two LMSs stays two learners.</summary>
internal sealed class LearnerDirectory(ErasedSubjects erased)
{
    private sealed record Kept
    {
        public required Guid LearnerId { get; init; }
        public string? Name { get; init; }
        public string? Email { get; init; }
        public string? Locale { get; init; }
    }

    private sealed record Found
    {
        public required Guid LearnerId { get; init; }
        public required string Subject { get; init; }
    }

    /// <returns>Null for someone who was erased: what an LMS still tells about them is not kept.</returns>
    public async Task<Guid?> FindOrCreateAsync(Work work, Guid tenantId, Guid platformId, string subject, Person? person, DateTimeOffset now)
    {
        var known = await work.Connection.QuerySingleOrDefaultAsync<Kept>(
            """
            SELECT l.LearnerId, p.Name, p.Email, p.Locale FROM Learner l LEFT JOIN LearnerProfile p ON p.LearnerId = l.LearnerId
            WHERE l.TenantId = @tenantId AND l.PlatformId = @platformId AND l.Subject = @subject
            """,
            new { tenantId, platformId, subject },
            work.Transaction);
        var (name, email, locale) = Bound(person);
        if (known is null)
        {
            return await FindErasedAsync(work, tenantId, platformId, subject) is null
                ? await CreateAsync(work, tenantId, platformId, subject, name, email, locale, now) : null;
        }

        if (!Known(person, known.Name, known.Email, known.Locale))
        {
            await work.Connection.ExecuteAsync(
                "UPDATE LearnerProfile SET Name = COALESCE(@name, Name), Email = COALESCE(@email, Email), Locale = COALESCE(@locale, Locale) WHERE LearnerId = @LearnerId",
                new { name, email, locale, known.LearnerId },
                work.Transaction);
        }

        return known.LearnerId;
    }

    /// <summary>Those of whom an LMS tells nothing but its name for them; who was erased is left out.</summary>
    public async Task<Dictionary<string, Guid>> FindOrCreateAsync(Work work, Guid tenantId, Guid platformId, IReadOnlyList<string> subjects, DateTimeOffset now)
    {
        var found = await FindAsync(work, tenantId, platformId, subjects);
        var missing = subjects.Where(s => !found.ContainsKey(s)).ToList();
        if (missing.Count == 0)
            return found;
        var gone = await FindAsync(work, tenantId, platformId, missing.ConvertAll(s => erased.Of(platformId, s)));
        foreach (var subject in missing.Where(s => !gone.ContainsKey(erased.Of(platformId, s))))
            found[subject] = await CreateAsync(work, tenantId, platformId, subject, name: null, email: null, locale: null, now);
        return found;
    }

    /// <summary>For who comes by themselves: someone who was erased begins anew, as a learner whom nothing links to the one before.</summary>
    public async Task<Guid> AdmitAsync(Work work, Guid tenantId, Guid platformId, string subject, Person? person, DateTimeOffset now)
    {
        if (await FindOrCreateAsync(work, tenantId, platformId, subject, person, now) is { } learnerId)
            return learnerId;
        await work.Connection.ExecuteAsync("DELETE FROM Learner WHERE LearnerId = @Id", new { Id = await FindErasedAsync(work, tenantId, platformId, subject) }, work.Transaction);
        var (name, email, locale) = Bound(person);
        return await CreateAsync(work, tenantId, platformId, subject, name, email, locale, now);
    }

    /// <summary>True if an LMS tells nothing new about someone; what it leaves out stays as it was.</summary>
    public static bool Known(Person? person, string? name, string? email, string? locale)
    {
        var (newName, newEmail, newLocale) = Bound(person);
        return (newName is null || newName == name) && (newEmail is null || newEmail == email) && (newLocale is null || newLocale == locale);
    }

    /// <summary>Notes who opened the activity, and as what. The LMS's own list of members, once read, says more than a launch.</summary>
    public static async Task NoteLaunchAsync(Work work, Guid courseId, Guid learnerId, bool isLearner, DateTimeOffset now)
    {
        var facts = new { courseId, learnerId, isLearner, now };
        var known = await work.Connection.ExecuteAsync(
            """
            UPDATE CourseMember SET FirstOpenedAt = COALESCE(FirstOpenedAt, @now), IsLearner = CASE WHEN Seen = 'launch' THEN @isLearner ELSE IsLearner END
            WHERE CourseId = @courseId AND LearnerId = @learnerId
            """,
            facts,
            work.Transaction);
        if (known == 0)
        {
            await work.Connection.ExecuteAsync(
                "INSERT INTO CourseMember (CourseId, LearnerId, IsLearner, IsActive, Seen, FirstOpenedAt) VALUES (@courseId, @learnerId, @isLearner, 1, 'launch', @now)", facts, work.Transaction);
        }
    }

    private static async Task<Dictionary<string, Guid>> FindAsync(Work work, Guid tenantId, Guid platformId, IReadOnlyList<string> subjects) => (await work.Connection.QueryAsync<Found>(
        "SELECT LearnerId, Subject FROM Learner WHERE TenantId = @tenantId AND PlatformId = @platformId AND Subject IN @subjects",
        new { tenantId, platformId, subjects },
        work.Transaction)).ToDictionary(f => f.Subject, f => f.LearnerId, StringComparer.Ordinal);

    private Task<Guid?> FindErasedAsync(Work work, Guid tenantId, Guid platformId, string subject) => work.Connection.QuerySingleOrDefaultAsync<Guid?>(
        "SELECT LearnerId FROM Learner WHERE TenantId = @tenantId AND PlatformId = @platformId AND Subject = @Erased",
        new { tenantId, platformId, Erased = erased.Of(platformId, subject) },
        work.Transaction);

    private static async Task<Guid> CreateAsync(Work work, Guid tenantId, Guid platformId, string subject, string? name, string? email, string? locale, DateTimeOffset now)
    {
        var facts = new { LearnerId = Guid.CreateVersion7(), tenantId, platformId, subject, name, email, locale, SubjectKey = RandomNumberGenerator.GetBytes(32), now };
        await work.Connection.ExecuteAsync("INSERT INTO Learner (LearnerId, TenantId, PlatformId, Subject, CreatedAt) VALUES (@LearnerId, @tenantId, @platformId, @subject, @now)", facts, work.Transaction);
        await work.Connection.ExecuteAsync("INSERT INTO LearnerProfile (LearnerId, Name, Email, Locale, SubjectKey) VALUES (@LearnerId, @name, @email, @locale, @SubjectKey)", facts, work.Transaction);
        return facts.LearnerId;
    }

    private static (string? Name, string? Email, string? Locale) Bound(Person? person) => (Bound(person?.Name, 200), Bound(person?.Email, 320), Bound(person?.Locale, 35));

    private static string? Bound(string? text, int length) => string.IsNullOrWhiteSpace(text) ? null : text.Length > length ? text[..length] : text;
}

internal static class Eligibility
{
    /// <summary>Someone who may earn something here: a learner, and not the LMS's own pretend student.</summary>
    public static bool MayLearn(this Roles roles) => roles is { IsLearner: true, IsTestUser: false };
}
