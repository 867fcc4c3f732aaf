using LtiMicroCred.Features.Launches;
using LtiMicroCred.Shell;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Published;

/// <summary>Begins the login at the tool, in a window of its own: the frame's cookie would not come along when the tool asks who is there.</summary>
internal sealed class QuizModel(IMediator mediator, Settings settings) : LaunchPage
{
    protected override LaunchKind[] For => [LaunchKind.Learner, LaunchKind.Staff];

    /// <summary>Which of the rule's assessments is to be taken.</summary>
    [FromQuery(Name = "assessment")]
    public int Number { get; set; } = 1;

    /// <summary>Null where there is nothing to start.</summary>
    public QuizLogin? Login { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (Session is not { ActivityId: { } activityId, LearnerId: { } learnerId } || Request.BrowserSecret(settings) is not { } browser)
            return Page();
        Login = await mediator.Send(new BeginQuiz(Session.TenantId, activityId, Number, learnerId, AsLearner: Session.For == LaunchKind.Learner, LaunchId, browser), ct);
        // The form goes to the tool, which sends the browser on to us, perhaps by another host of its own; form-action counts them all.
        if (Login is { } login)
            ContentPolicy.Set(Response, frameAncestors: "'none'", formAction: $"'self' {NewSession.Origin(new Uri(login.LoginUri))} https:");
        return Page();
    }
}
