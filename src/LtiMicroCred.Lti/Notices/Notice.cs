namespace LtiMicroCred.Lti;

/// <summary>A notice that passed every check (PNS 1.0). Only <see cref="NoticeValidator"/> makes one. It is about the deployment, not about a person.</summary>
public abstract class Notice
{
    private protected Notice(NoticeHead head) => Head = head;

    /// <summary>The registration that the notice was checked against.</summary>
    public Platform Platform => Head.Platform;

    /// <summary>Approved by the host; unique only within the registration.</summary>
    public string DeploymentId => Head.DeploymentId;

    /// <summary>The same each time that the platform sends the notice, so that whoever acts on it can do so once.</summary>
    public string Id => Head.Id;

    /// <summary>When it happened, by the platform's clock; the notice may come much later.</summary>
    public DateTimeOffset HappenedAt => Head.HappenedAt;

    private NoticeHead Head { get; }
}

/// <summary>The platform tries out whether it reaches the tool (<c>LtiHelloWorldNotice</c>).</summary>
public sealed class HelloWorldNotice : Notice
{
    internal HelloWorldNotice(NoticeHead head) : base(head)
    {
    }

    /// <summary>As it is named where handlers are registered.</summary>
    public const string Type = "LtiHelloWorldNotice";
}

/// <summary>A course was made from another, or got another's contents (<c>LtiContextCopyNotice</c>).</summary>
public sealed class ContextCopyNotice : Notice
{
    internal ContextCopyNotice(NoticeHead head, Context context, IReadOnlyList<string> originContexts) : base(head)
    {
        Context = context;
        OriginContexts = originContexts;
    }

    /// <summary>As it is named where handlers are registered.</summary>
    public const string Type = "LtiContextCopyNotice";

    /// <summary>The course that the contents are in now.</summary>
    public Context Context { get; }

    /// <summary>The ids of the courses that they came from; empty where the platform does not know.</summary>
    public IReadOnlyList<string> OriginContexts { get; }
}

/// <summary>A notice of a type that is not read here: authentic, to be answered and left alone.</summary>
public sealed class UnknownNotice : Notice
{
    internal UnknownNotice(NoticeHead head, string type) : base(head) => Type = type;

    /// <summary>As the platform names it.</summary>
    public string Type { get; }
}

internal sealed record NoticeHead(Platform Platform, string DeploymentId, string Id, DateTimeOffset HappenedAt);
