using System.Text.Encodings.Web;
using System.Text.Unicode;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Activities;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.FollowUps;
using LtiMicroCred.Features.Gates;
using LtiMicroCred.Features.Imports;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Ledgers;
using LtiMicroCred.Features.Notices;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Features.Published;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Features.Traces;
using LtiMicroCred.Lti;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using Microsoft.Extensions.WebEncoders;

namespace LtiMicroCred;

/// <summary>Puts the house together: services once for server and command line, then the server's pipeline.</summary>
internal static class App
{
    public static WebApplicationBuilder CreateBuilder(string[] arguments, IEnumerable<KeyValuePair<string, string?>>? overrides = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = arguments,
            ApplicationName = typeof(App).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        if (overrides is not null)
            builder.Configuration.AddInMemoryCollection(overrides);
        builder.Logging.ClearProviders().AddSimpleConsole(o => o.SingleLine = true);
        // Two remarks on every form, both answered: the form's cookie says Secure by an attribute of its own, and no page with a form may be cached.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Http.ResponseCookies", LogLevel.Error).AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Critical);
        // Logs go to standard error: standard output is for answers.
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 256 * 1024;
        });
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]))
            builder.WebHost.UseUrls("http://localhost:5080");
        AddServices(builder.Services, Settings.From(builder.Configuration));
        return builder;
    }

    private static void AddServices(IServiceCollection services, Settings settings)
    {
        services.AddSingleton(settings).AddSingleton(settings.Database).AddSingleton(TimeProvider.System);
        services.AddSingleton<Database>().AddSingleton<Migrations>();
        services.AddMessages();
        services.AddLocalization();
        services.AddKeyRing();
        services.AddSingleton(new LtiOptions { LaunchUri = new Uri(settings.PublicBase + "/lti/launch"), PublicUrl = settings.PublicUrl, UserAgent = "LtiMicroCred/0.1" });
        services.AddSingleton(new OutgoingOptions
        {
            AllowPrivateNetworks = settings.Outgoing.AllowPrivateNetworks,
            AllowedNetworks = settings.Outgoing.AllowedNetworks,
            AllowedHosts = settings.Outgoing.AllowedHosts,
        });
        services.AddLti();
        services.AddSingleton<PlatformDirectory>().AddSingleton<IPlatforms>(provider => provider.GetRequiredService<PlatformDirectory>()).AddSingleton<INonces, Nonces>();
        services.AddSingleton<ToolKeys>().AddSingleton<RotateKeys>().AddSingleton<ListKeys>();
        services.AddSingleton<IToolKeys>(provider => provider.GetRequiredService<ToolKeys>());
        services.AddSingleton<TenantDirectory>().AddSingleton<ListPlatforms>().AddSingleton<ShowPlatform>().AddSingleton<RegisterPlatform>().AddSingleton<LaunchTraces>();
        services.AddSingleton<Limits>();
        services.AddSingleton<AchievementDirectory>().AddSingleton<LaunchSessions>().AddSingleton<LaunchNotes>().AddSingleton<ReceiveLaunch>();
        services.AddSingleton<AskForNotices>().AddSingleton<ReceiveNotices>();
        services.AddSingleton<CourseOverview>().AddSingleton<RecordRoster>().AddSingleton<ReadGate>().AddSingleton<LedgerReader>();
        services.AddSingleton<JudgeActivity>().AddSingleton<NewAwards>().AddSingleton<AwardChanges>().AddSingleton<UndoAwards>().AddSingleton<UndoImport>();
        services.AddSingleton<WriteFollowUps>().AddSingleton<FollowUpList>().AddSingleton<SendFollowUps>().AddSingleton<SendScore>().AddSingleton<SendMail>();
        services.AddSingleton<ErasedSubjects>().AddSingleton<LearnerDirectory>().AddSingleton<EraseLearners>().AddSingleton<AppendErasures>();
        services.AddSingleton<PublishedTools>().AddSingleton<ToolInvites>().AddSingleton<RegisterTool>().AddSingleton<PublishedLinks>();
        services.AddSingleton<ReadNow>().AddSingleton<ImportDrafts>().AddSingleton<EnterImport>();
        services.AddSingleton<AccessGrants>().AddSingleton<AwaitedRosters>().AddSingleton<ReceiveScore>();
        services.AddSingleton<LogKeys>().AddSingleton<VerifyLedger>().AddSingleton<ExportLedger>().AddSingleton<CheckpointCopies>();
        services.AddSingleton<SignCheckpoints>().AddSingleton<AuditorKeys>().AddSingleton<FindInLog>().AddSingleton<DatabaseDigest>();
    }

    /// <summary>What only the server needs: pages, the scheduler, the clean-up.</summary>
    public static WebApplication BuildServer(this WebApplicationBuilder builder)
    {
        var settings = Settings.From(builder.Configuration);
        builder.Services.AddRazorPages(options => options.RootDirectory = "/Features").AddMvcOptions(mvc => mvc.Filters.Add(new HandledPagesOnly())).AddApplicationPart(typeof(App).Assembly).AddViewLocalization();
        // One language so far: the page's culture, never that of the server's shell.
        builder.Services.Configure<RequestLocalizationOptions>(culture => culture.SetDefaultCulture("en").AddSupportedCultures("en").AddSupportedUICultures("en"));
        // Names in any script stay readable in the page's source; what is special in HTML is still encoded.
        builder.Services.Configure<WebEncoderOptions>(encoder => encoder.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All));
        builder.Services.AddAntiforgery(options =>
        {
            options.SuppressXFrameOptionsHeader = true; // frame-ancestors decides, page by page
            options.Cookie.Name = "ltimc-form";
            options.Cookie.SameSite = SameSiteMode.None;
            options.Cookie.SecurePolicy = CookieSecurePolicy.None; // the attribute below says it, also behind a proxy and on loopback
            options.Cookie.Extensions.Add("Secure");
            options.Cookie.Extensions.Add("Partitioned");
            options.Cookie.Path = settings.PublicUrl.AbsolutePath;
        });
        builder.Services.Configure<Microsoft.AspNetCore.Http.Features.FormOptions>(form => form.ValueCountLimit = 100);
        builder.Services.AddPolling(settings.Database);
        builder.Services.AddHostedService<Housekeeping>().AddHostedService<KeySchedule>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<LaunchNotes>()).AddHostedService(provider => provider.GetRequiredService<LaunchTraces>());
        builder.Services.AddHostedService(provider => provider.GetRequiredService<AskForNotices>()).AddHostedService(provider => provider.GetRequiredService<SignCheckpoints>());
        builder.Services.AddHostedService(provider => provider.GetRequiredService<SendFollowUps>());
        builder.Services.AddHostedService(provider => provider.GetRequiredService<AppendErasures>()).AddHostedService(provider => provider.GetRequiredService<AwaitedRosters>());

        var app = builder.Build();
        app.UsePathBase(settings.PublicUrl.AbsolutePath.TrimEnd('/'));
        app.UseRequestLocalization();
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandlingPath = "/error", SuppressDiagnosticsCallback = _ => true });
        app.UseStatusCodePagesWithReExecute("/error");
        app.RefuseUnreadableCharsets();
        app.UseContentPolicy(); // after the two that start over, or their pages would go without
        app.UsePagesInPlace();
        app.UseRouting();
        app.UseAntiforgery();
        app.MapAssets();
        app.MapIcon();
        app.MapLaunches();
        app.MapNotices();
        app.MapPublished();
        app.MapLogs();
        app.MapCanvasKey();
        app.MapNewWindow();
        app.MapHealth();
        app.MapRazorPages();
        return app;
    }
}
