using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using LtiMicroCred.DemoLms.Pages;

namespace LtiMicroCred.DemoLms;

/// <summary>The running LMS as its endpoints and pages see it.</summary>
internal sealed class Platform : IDisposable
{
    public const string SiteName = "Lindhaven Moodle (demo)";
    public const string MoodleVersion = "4.5.6 (Build: 20250811)";
    public const string SakaiVersion = "26.0";

    private string? issuer;

    public Platform(DemoLmsOptions options)
    {
        Manners = options.Manners;
        Clock = options.Clock ?? TimeProvider.System;
        SessionName = options.SessionName;
        School = new School(Clock);
        Launches = new Handles<PendingLaunch>(Clock, TimeSpan.FromMinutes(30), 5_000);
        Selections = new Handles<PendingSelection>(Clock, TimeSpan.FromHours(1), 1_000);
        Returns = new Handles<PendingReturn>(Clock, TimeSpan.FromHours(8), 5_000);
        Registrations = new Handles<PendingRegistration>(Clock, TimeSpan.FromHours(1), 1_000);
        AccessTokens = new Handles<AccessGrant>(Clock, TimeSpan.FromHours(1), 5_000);
        Assertions = new Handles<string>(Clock, TimeSpan.FromHours(1), 10_000);
        Publisher = new Publisher(this);
    }

    public Manners Manners { get; }

    public TimeProvider Clock { get; }

    public string? SessionName { get; }

    public School School { get; }

    public Faults Faults { get; } = new();

    public StorageOffer Storage { get; } = new();

    public Action<JsonObject>? Retouch { get; set; }

    public RequestLog Requests { get; } = new();

    public PlatformKey Key { get; } = new();

    public ToolKeys ToolKeys { get; } = new();

    /// <summary>The LMS as a tool of other platforms.</summary>
    public Publisher Publisher { get; }

    /// <summary>Messages to people.</summary>
    public Notices Notices { get; } = new();

    /// <summary>Messages to tools.</summary>
    public NoticeSender NoticeSender { get; } = new();

    /// <summary>One per site and run, as a platform's guid should be.</summary>
    public string Guid { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public Handles<PendingLaunch> Launches { get; }

    public Handles<PendingSelection> Selections { get; }

    public Handles<PendingReturn> Returns { get; }

    public Handles<PendingRegistration> Registrations { get; }

    public Handles<AccessGrant> AccessTokens { get; }

    /// <summary>Client assertions seen, by client and jti.</summary>
    public Handles<string> Assertions { get; }

    /// <summary>Known once the server listens.</summary>
    public string Issuer
    {
        get => issuer ?? throw new InvalidOperationException("The server does not listen yet.");
        set => issuer = value;
    }

    public bool LikeMoodle => Manners == Manners.Moodle;

    /// <summary>The gradebook's own columns are line items that tools may read.</summary>
    public bool ShowsOwnColumns => Manners == Manners.Sakai;

    public string ProductFamily => Manners switch { Manners.Moodle => "moodle", Manners.Sakai => "sakai", _ => "demo-lms" };

    public DateTimeOffset Now => Clock.GetUtcNow();

    public void Dispose()
    {
        Key.Dispose();
        ToolKeys.Dispose();
        NoticeSender.Dispose();
        Publisher.Dispose();
    }
}
