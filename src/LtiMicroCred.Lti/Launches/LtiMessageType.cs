namespace LtiMicroCred.Lti;

/// <summary>The messages that this runtime takes; every other type is <see cref="LtiError.UnsupportedMessageType"/>.</summary>
public enum LtiMessageType
{
    /// <summary>Someone opens a link (<c>LtiResourceLinkRequest</c>, Core 5.3).</summary>
    ResourceLink,

    /// <summary>Someone chooses what to link to (<c>LtiDeepLinkingRequest</c>, Deep Linking 4.4); to be answered by a <see cref="DeepLinkingResponse"/>.</summary>
    DeepLinking,

    /// <summary>A grader opens what one learner handed in (<c>LtiSubmissionReviewRequest</c>, Submission Review 1.0): see <see cref="ValidLaunch.ForUser"/>.</summary>
    SubmissionReview,
}
