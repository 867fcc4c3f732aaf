namespace LtiMicroCred.Lti;

/// <summary>Whoever signs towards us: a platform its launches and notices, a tool its token requests.</summary>
/// <param name="Role">In messages: <c>platform</c> or <c>tool</c>.</param>
/// <param name="Name">In messages: a platform's issuer, a tool's client_id.</param>
/// <param name="JwksUri">Where its keys are.</param>
/// <param name="Algorithms">What it may sign with; anything but RS and ES is refused even if listed.</param>
internal sealed record Signer(string Role, string Name, Uri JwksUri, IReadOnlyList<string> Algorithms);
