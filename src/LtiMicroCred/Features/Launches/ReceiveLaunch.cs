using System.Data.Common;
using System.Text.Json;
using Dapper;
using LtiMicroCred.Features.Activities;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Notices;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Launches;

/// <summary>Where a launch that was taken in goes. Page is the last part of the address: <c>learner</c>, <c>course</c> or <c>pick</c>.</summary>
internal sealed record LaunchReceived(string LaunchId, string Page);

/// <summary>
/// A valid launch becomes a learner, a course, an activity and a session. When all of them are known and nothing about them has changed, that is one read and
/// one insert; the session's row is also the nonce's single use. Otherwise everything is written in one transaction.
/// </summary>
internal sealed class ReceiveLaunch(Database database, IServiceScopeFactory scopes, PlatformDirectory platforms, LaunchNotes notes, AskForNotices notices, TimeProvider clock)
{
    /// <returns>Null, and nothing kept, if the nonce was used before.</returns>
    public async Task<LaunchReceived?> RunAsync(ValidLaunch launch, NonceUse nonce, string browserSecret, CancellationToken ct)
    {
        var session = NewSession.Of(launch, nonce, browserSecret, clock.GetUtcNow());
        var kept = await KeepSettledAsync(launch, session, ct) ?? await scopes.SendAsync(new TakeInLaunch(launch, session), ct);
        if (kept.Outcome == Keeping.DeploymentGone)
        {
            platforms.Forget();
            await platforms.IsApprovedAsync(launch.Platform, launch.DeploymentId, ct); // lists it for an operator
            throw new LtiException(LtiError.UnknownDeployment, $"deployment '{launch.DeploymentId}' is not approved for {launch.Platform.Issuer}") { Got = launch.DeploymentId, Issuer = launch.Platform.Issuer, Spec = "Core 5.3.3" };
        }

        if (kept.Outcome == Keeping.NonceUsed)
            return null;
        notes.Note(kept.DeploymentKey, kept.ActivityId);
        notices.Note(launch, kept.DeploymentKey);
        return new LaunchReceived(session.LaunchId, session.Page);
    }

    /// <returns>Null if there is more to write than the session.</returns>
    private async Task<Kept?> KeepSettledAsync(ValidLaunch launch, NewSession session, CancellationToken ct)
    {
        if (launch is not { MessageType: LtiMessageType.ResourceLink, Subject: not null, ResourceLink: { } link })
            return null;
        await using var connection = await database.OpenUnhurriedAsync(ct);
        var known = await SettledLaunch.FindAsync(connection, launch, link.Id);
        if (known is null || !known.HoldsFor(launch))
            return null;
        using var turn = await database.WriteTurnAsync(ct);
        try
        {
            await session.InsertAsync(connection, null, known.TenantId, known.DeploymentKey, known.CourseId, known.ActivityId, known.LearnerId);
            return new Kept(Keeping.Done, known.DeploymentKey, known.ActivityId);
        }
        catch (Exception exception) when (exception.IsDuplicateKey())
        {
            return new Kept(Keeping.NonceUsed);
        }
    }
}

internal enum Keeping
{
    Done,
    NonceUsed,
    DeploymentGone,
}

internal sealed record Kept(Keeping Outcome, Guid DeploymentKey = default, Guid? ActivityId = null);

/// <summary>A launch of which something is new: a person, a course, an activity, a name, a column.</summary>
internal sealed record TakeInLaunch(ValidLaunch Launch, NewSession Session) : IWrite<Kept>;

internal sealed class TakeInLaunchHandler(Work work, LearnerDirectory learners, JudgeActivity judge, TimeProvider clock) : IRequestHandler<TakeInLaunch, Kept>
{
    private sealed record Place
    {
        public required Guid DeploymentKey { get; init; }
        public required Guid TenantId { get; init; }
    }

    public async Task<Kept> Handle(TakeInLaunch request, CancellationToken cancellationToken)
    {
        var (launch, session) = (request.Launch, request.Session);
        var now = clock.GetUtcNow();
        // A lost race for the nonce runs again from here.
        if (await work.Connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM LaunchSession WHERE NonceHash = @NonceHash", new { session.NonceHash }, work.Transaction) > 0)
            return new Kept(Keeping.NonceUsed);
        var place = await work.Connection.QuerySingleOrDefaultAsync<Place>(
            "SELECT DeploymentKey, TenantId FROM Deployment WHERE PlatformId = @Id AND DeploymentId = @DeploymentId AND ApprovedAt IS NOT NULL",
            new { launch.Platform.Id, launch.DeploymentId },
            work.Transaction);
        if (place is null)
            return new Kept(Keeping.DeploymentGone);

        Guid? learnerId = launch.Subject is { } subject ? await learners.AdmitAsync(work, place.TenantId, launch.Platform.Id, subject, launch.Person, now) : null;
        var courseId = await ActivityDirectory.FindOrCreateCourseAsync(work, place.TenantId, place.DeploymentKey, launch, now);
        Activity? activity = null;
        if (courseId is { } course)
        {
            if (learnerId is { } person)
                await LearnerDirectory.NoteLaunchAsync(work, course, person, launch.Roles.MayLearn(), now);
            if (launch.MessageType == LtiMessageType.SubmissionReview)
                activity = await ActivityDirectory.FindReviewedAsync(work, course, launch);
            else if (launch.MessageType == LtiMessageType.ResourceLink)
                activity = await ActivityDirectory.FindOrBindAsync(work, place.TenantId, course, launch, now);
            if (activity is not null && launch.MessageType == LtiMessageType.ResourceLink)
            {
                await ActivityDirectory.NoteOwnColumnAsync(work, activity, launch.Ags?.LineItem?.OriginalString, launch.ResourceLink?.Title, now);
                // Where the LMS has no list of members, the launch itself is what admits a learner: grades may have been waiting for it.
                if (launch.Nrps is null && learnerId is { } learner && launch.Roles.MayLearn())
                    await judge.RunAsync(work, activity.ActivityId, [learner], cancellationToken);
            }
        }

        await session.InsertAsync(work.Connection, work.Transaction, place.TenantId, place.DeploymentKey, courseId, activity?.ActivityId, learnerId);
        return new Kept(Keeping.Done, place.DeploymentKey, activity?.ActivityId);
    }
}
