using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;

namespace LtiMicroCred.DemoLms;

/// <summary>
/// The LMS as a tool: quizzes that other platforms open, in the manners of Moodle's "Publish as LTI tool". People are made from whoever the platform sends;
/// grades go back when <see cref="SyncGradesAsync"/> is called, where Moodle has a task that runs every half hour.
/// </summary>
public sealed class Publisher : IDisposable
{
    private readonly Platform lms;
    private readonly PlatformClient client;
    private readonly ConcurrentDictionary<string, PublishedQuiz> quizzes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Issuer, string ClientId), KnownPlatform> platforms = new();
    private readonly ConcurrentDictionary<(string Issuer, string Subject, string QuizId), Visitor> visitors = new();

    internal Publisher(Platform lms)
    {
        this.lms = lms;
        client = new PlatformClient(lms, Key);
        Registrations = new Handles<string>(lms.Clock, TimeSpan.FromDays(1), 1_000);
        Logins = new Handles<BegunLogin>(lms.Clock, TimeSpan.FromMinutes(10), 5_000);
    }

    /// <summary>Where launches end, and what they are sent to.</summary>
    public string LaunchUrl => lms.Issuer + "/enrol/lti/launch.php";

    /// <summary>Where logins begin.</summary>
    public string LoginUrl => lms.Issuer + "/enrol/lti/login.php?id=" + Id;

    public string JwksUrl => lms.Issuer + "/enrol/lti/jwks.php";

    public IReadOnlyList<KnownPlatform> Platforms => [.. platforms.Values];

    /// <summary>Everybody who came, in no order.</summary>
    public IReadOnlyList<Visitor> Visitors => [.. visitors.Values];

    internal PlatformKey Key { get; } = new();

    internal PlatformClient Client => client;

    /// <summary>Links to the registration page that were made and not used.</summary>
    internal Handles<string> Registrations { get; }

    internal Handles<BegunLogin> Logins { get; }

    /// <summary>As Moodle names the registration in its login address.</summary>
    private string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(30));

    public PublishedQuiz Publish(Quiz quiz)
    {
        var published = new PublishedQuiz(System.Guid.NewGuid().ToString("D"), quiz.Id);
        quizzes[published.Uuid] = published;
        return published;
    }

    /// <summary>The address that an administrator gives to a platform, good for one registration.</summary>
    public string NewRegistration() => $"{lms.Issuer}/enrol/lti/register.php?token={Registrations.Keep("")}";

    /// <summary>For a platform that was typed in by hand.</summary>
    public void Know(KnownPlatform platform) => platforms[(platform.Issuer, platform.ClientId)] = platform;

    /// <summary>Sends each learner's grade that has changed since it was sent last, failing ones too.</summary>
    public async Task<IReadOnlyList<SentScore>> SyncGradesAsync(CancellationToken ct)
    {
        var sent = new List<SentScore>();
        foreach (var (key, visitor) in visitors)
        {
            if (visitor is not { IsLearner: true, LineItem: { } lineItem } || GradeOf(visitor) is not { } grade || grade == visitor.Sent)
                continue;
            var score = await client.PostScoreAsync(visitor, lineItem, ScoreBody(visitor.Subject, grade, MaximumOf(visitor), lms.Now), ct);
            sent.Add(score);
            if (score.Status is >= 200 and < 300)
                visitors[key] = visitor with { Sent = grade };
        }
        return sent;
    }

    /// <summary>Makes and enrols whom the platforms list, as Moodle's member synchronisation does.</summary>
    /// <returns>The subjects that were listed.</returns>
    public async Task<IReadOnlyList<string>> SyncMembersAsync(CancellationToken ct)
    {
        var listed = new List<string>();
        foreach (var visitor in visitors.Values.Where(visitor => visitor.Memberships is not null).DistinctBy(visitor => visitor.Memberships, StringComparer.Ordinal))
        {
            foreach (var member in await client.MembersAsync(visitor, ct))
            {
                var subject = member["user_id"]!.GetValue<string>();
                Admit(visitor with { Subject = subject, IsLearner = true }, (string?)member["name"]);
                listed.Add(subject);
            }
        }
        return listed;
    }

    /// <summary>As Moodle writes it: the number as text, the maximum as a number, the zone without a colon.</summary>
    public static string ScoreBody(string subject, decimal given, decimal maximum, DateTimeOffset at) => new JsonObject
    {
        ["scoreGiven"] = given.ToString("0.00000", CultureInfo.InvariantCulture),
        ["scoreMaximum"] = maximum,
        ["activityProgress"] = "Completed",
        ["gradingProgress"] = "FullyGraded",
        ["timestamp"] = at.ToOffset(Answers.ServerOffset).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + "+0100",
        ["userId"] = subject,
    }.ToJsonString();

    /// <summary>Sends what a test wants sent in this visitor's name, with the LMS's own access token.</summary>
    public Task<SentScore> PostAsync(Visitor visitor, string lineItem, string body, CancellationToken ct) => client.PostScoreAsync(visitor, lineItem, body, ct);

    /// <summary>What proves this LMS to the platform's token endpoint, once.</summary>
    public string NewAssertion(KnownPlatform platform) => client.Assertion(platform);

    public void Dispose()
    {
        client.Dispose();
        Key.Dispose();
    }

    internal PublishedQuiz? Find(string uuid) => quizzes.GetValueOrDefault(uuid);

    internal KnownPlatform? FindPlatform(string issuer, string clientId) => platforms.GetValueOrDefault((issuer, clientId));

    /// <summary>Makes an account for someone whom it meets for the first time, and enrols it into the quiz's course.</summary>
    internal Person Admit(Visitor met, string? name)
    {
        var school = lms.School;
        var username = "enrol_lti_13_" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(met.Platform.Issuer + "_" + met.Subject)));
        lock (school.Gate)
        {
            var person = school.FindPerson(username) ?? school.AddPerson(username, met.Subject, met.Platform.Issuer, name);
            var course = school.FindCourse(school.FindQuiz(met.QuizId)!.CourseId)!;
            if (school.RoleOf(person, course) is null)
                school.Enrol(course, person, met.IsLearner ? CourseRole.Learner : CourseRole.Instructor);
            var key = (met.Platform.Issuer, met.Subject, met.QuizId);
            visitors[key] = met with { PersonId = person.Id, Sent = visitors.GetValueOrDefault(key)?.Sent };
            return person;
        }
    }

    private decimal? GradeOf(Visitor visitor) =>
        lms.School.FindPersonById(visitor.PersonId) is { } person && lms.School.FindQuiz(visitor.QuizId) is { } quiz ? lms.School.Gradebook.GradeOf(lms.School.Gradebook.ColumnOf(quiz), person)?.Points : null;

    private decimal MaximumOf(Visitor visitor) => lms.School.Gradebook.ColumnOf(lms.School.FindQuiz(visitor.QuizId)!).Maximum;
}

/// <summary>A login that was answered by an authentication request.</summary>
internal sealed record BegunLogin(KnownPlatform Platform, string Nonce, string TargetLinkUri);
