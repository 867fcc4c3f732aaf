using System.Collections.Concurrent;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Lti.Tests.Support;

/// <summary>A host of the library that keeps everything in memory.</summary>
public sealed class TestTool : IPlatforms, INonces, IToolKeys, IDisposable
{
    private readonly ServiceProvider _provider;
    private readonly List<Platform> _platforms = [];

    public TestTool(Site site, OutgoingOptions? outgoing = null, string publicUrl = "https://tool.example/app", ServiceOptions? services = null)
    {
        Site = site;
        _platforms.Add(site.Registration);
        _provider = new ServiceCollection()
            .AddLti()
            .AddSingleton<IPlatforms>(this)
            .AddSingleton<INonces>(this)
            .AddSingleton<IToolKeys>(this)
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider())
            .AddSingleton(new LtiOptions { PublicUrl = new Uri(publicUrl), LaunchUri = new Uri(publicUrl.TrimEnd('/') + "/lti/launch"), UserAgent = "TestTool/1.0" })
            .AddSingleton(services ?? new ServiceOptions { RetryDelay = TimeSpan.FromMilliseconds(1) })
            .AddSingleton(outgoing ?? new OutgoingOptions { AllowPrivateNetworks = true })
            .BuildServiceProvider();
    }

    public Site Site { get; }

    public TestClock Clock { get; } = new();

    public ConcurrentDictionary<string, DateTimeOffset> UsedNonces { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> AskedDeployments { get; } = [];

    public Platform Platform
    {
        get => _platforms[0];
        set => _platforms[0] = value;
    }

    public List<Platform> Platforms => _platforms;

    public T Get<T>() where T : notnull => _provider.GetRequiredService<T>();

    public Task<LoginStart> LogInAsync(LoginRequest? request = null) => Get<LoginFlow>().StartAsync(request ?? Login(), CancellationToken.None);

    public LoginRequest Login() => new()
    {
        Issuer = Platform.Issuer, LoginHint = "7", TargetLinkUri = Get<LtiOptions>().PublicUrl.AbsoluteUri, ClientId = Platform.ClientId, MessageHint = """{"cmid":3}""",
    };

    /// <summary>Logs in and answers as a platform would, so that a test can break one thing.</summary>
    public async Task<LaunchAttempt> PrepareAsync() => new(this, await LogInAsync());

    public Task<Platform?> FindAsync(string issuer, string? clientId, CancellationToken cancellationToken)
    {
        var found = _platforms.Where(platform => platform.Issuer == issuer && (clientId is null || platform.ClientId == clientId)).ToList();
        return Task.FromResult(found.Count == 1 ? found[0] : null);
    }

    public Task<Platform?> FindAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(_platforms.Find(platform => platform.Id == id));

    public Task<bool> IsApprovedAsync(Platform platform, string deploymentId, CancellationToken cancellationToken)
    {
        AskedDeployments.Enqueue(deploymentId);
        return Task.FromResult(deploymentId is "1" or "2" or "3");
    }

    public Task<bool> TryUseAsync(string nonceHash, DateTimeOffset expires, CancellationToken cancellationToken) => Task.FromResult(UsedNonces.TryAdd(nonceHash, expires));

    public Task<SigningKey> CurrentAsync(Platform platform, CancellationToken cancellationToken) => Task.FromResult(TestKeys.Tool);

    public void Dispose() => _provider.Dispose();
}

public sealed class TestClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 5, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

internal static class LoginStartReading
{
    /// <summary>One parameter of the authentication request, decoded.</summary>
    public static string Parameter(this LoginStart start, string name) => QueryHelpers.ParseQuery(start.AuthenticationRequest.Query)[name].Single()!;
}
