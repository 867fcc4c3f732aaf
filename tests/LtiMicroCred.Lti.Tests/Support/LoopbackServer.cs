using System.Collections.Concurrent;
using System.Net;
using System.Text;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(LoopbackServer))]

namespace LtiMicroCred.Lti.Tests.Support;

/// <summary>One real web server for all tests; each test has a site of its own under a path of its own.</summary>
public sealed class LoopbackServer : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Site> _sites = new(StringComparer.Ordinal);
    private WebApplication? _app;
    private int _lastSite;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    public Site NewSite()
    {
        var name = $"/s{Interlocked.Increment(ref _lastSite)}";
        var site = new Site(_app!.Urls.Single() + name);
        _sites[name] = site;
        return site;
    }

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        var end = path.IndexOf('/', 1);
        return end > 0 && _sites.TryGetValue(path[..end], out var site) ? site.AnswerAsync(context, path[end..]) : NotFound(context);
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }
}
