using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LtiMicroCred.DemoLms.Lti;
using LtiMicroCred.DemoLms.Pages;
using LtiMicroCred.DemoLms.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.DemoLms;

/// <summary>
/// A small LMS with people, courses, quizzes and a gradebook: a real LTI 1.3 Advantage platform. It listens on loopback only, asks nobody
/// for a password (the person is in the path) and forgets everything when it stops. Never run it where others can reach it.
/// </summary>
public sealed class DemoLmsServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Platform platform;

    private DemoLmsServer(WebApplication app, Platform platform)
    {
        this.app = app;
        this.platform = platform;
    }

    /// <summary>Always <c>http://localhost:PORT</c>; the issuer is exactly this text without a trailing slash.</summary>
    public Uri BaseUrl => new(platform.Issuer);

    public School School => platform.School;

    public Faults Faults => platform.Faults;

    /// <summary>What pages opened from now on keep for tools.</summary>
    public StorageOffer Storage => platform.Storage;

    /// <summary>Quizzes that this LMS publishes to other platforms, as a tool.</summary>
    public Publisher Publisher => platform.Publisher;

    /// <summary>Changes the claims of launches before they are signed, for what other LMSs send.</summary>
    public Action<JsonObject>? Retouch
    {
        get => platform.Retouch;
        set => platform.Retouch = value;
    }

    /// <summary>What was asked of the LTI services so far, oldest first; the last 10,000 are kept.</summary>
    public IReadOnlyList<RecordedRequest> Requests => platform.Requests.All;

    public static async Task<DemoLmsServer> StartAsync(DemoLmsOptions options, CancellationToken ct)
    {
        var lms = new Platform(options);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            // Moodle's Link header has typographic quotes.
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.Configure<FormOptions>(forms => forms.ValueCountLimit = 200);
        var web = builder.Build();

        web.UseRouting();
        web.Use(LoopbackOnly.Guard);
        web.Use(new ServiceWatch(lms).Invoke);
        Discovery.Map(web, lms);
        Registration.Map(web, lms);
        Authentication.Map(web, lms);
        TokenEndpoint.Map(web, lms);
        DeepLinking.Map(web, lms);
        ServiceEndpoint.Map(web, lms);
        BrowserStorage.Map(web, lms);
        PublishedEndpoints.Map(web, lms);
        LmsPages.Map(web, lms);

        await web.StartAsync(ct);
        lms.Issuer = $"http://localhost:{new Uri(web.Urls.First()).Port}";
        return new DemoLmsServer(web, lms);
    }

    /// <summary>The address at which this person sees a page, e.g. <c>UrlFor("instructor", "course/2")</c>.</summary>
    public string UrlFor(string username, string path) => $"{platform.Issuer}/as/{Uri.EscapeDataString(username)}/{path.TrimStart('/')}";

    /// <summary>
    /// What "Add LTI Advantage" does: the tool's registration page with <c>openid_configuration</c> and a fresh single-use
    /// <c>registration_token</c> (one hour) appended.
    /// </summary>
    public string NewRegistration(string toolRegistrationUrl) => Registration.Start(platform, new Uri(toolRegistrationUrl));

    /// <summary>What the administrator's "Activate" does: until then people cannot open the tool.</summary>
    public void Activate(string toolId) => platform.School.ActivateTool(toolId);

    /// <summary>Says hello to the tool's handler for it; null when the tool registered none.</summary>
    public Task<SentNotice?> SendHelloAsync(string toolId, CancellationToken ct) => platform.NoticeSender.SendHelloAsync(platform, toolId, ct);

    /// <summary>Copies the course and tells every tool that registered a handler for it.</summary>
    public async Task<(Course Copy, IReadOnlyList<SentNotice> Sent)> CopyCourseAsync(Course course, string label, string title, CancellationToken ct)
    {
        var copy = School.CopyCourse(course, label, title);
        return (copy, await SendCopyAsync(course, copy, ct));
    }

    /// <summary>Tells every tool that registered a handler for it that the course was copied; platforms may do so more than once.</summary>
    public Task<IReadOnlyList<SentNotice>> SendCopyAsync(Course course, Course copy, CancellationToken ct) => platform.NoticeSender.SendCopyAsync(platform, course, copy, ct);

    public async ValueTask DisposeAsync()
    {
        // A slow or open request must not hold up the end.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await app.StopAsync(soon.Token);
        await app.DisposeAsync();
        platform.Dispose();
    }
}
