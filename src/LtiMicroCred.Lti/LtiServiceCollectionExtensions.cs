using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LtiMicroCred.Lti;

/// <summary>How a host takes the runtime in.</summary>
public static class LtiServiceCollectionExtensions
{
    /// <summary>
    /// Adds the runtime. The host adds <see cref="IPlatforms"/>, <see cref="INonces"/> and <see cref="IToolKeys"/> (of any lifetime),
    /// <see cref="LtiOptions"/>, <see cref="OutgoingOptions"/> and Data Protection; <see cref="ServiceOptions"/> and a <see cref="TimeProvider"/> if they
    /// are not to be the library's and the system's.
    /// </summary>
    public static IServiceCollection AddLti(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new ServiceOptions());

        // What is shared by all requests: connections, keys and tokens.
        services.AddSingleton<PlatformHttp>();
        services.AddSingleton<ResilientHttp>();
        services.AddSingleton<AccessTokenCache>();
        services.AddSingleton<ScoreTimestamps>();
        services.AddSingleton(provider => new PlatformKeys(provider.GetRequiredService<PlatformHttp>(), provider.GetRequiredService<TimeProvider>()));

        // What may use the host's own scoped services.
        services.AddTransient<LoginFlow>();
        services.AddTransient<LaunchValidator>();
        services.AddTransient<DeepLinkingResponse>();
        services.AddTransient(provider => new ServiceTokens(
            provider.GetRequiredService<ResilientHttp>(),
            provider.GetRequiredService<AccessTokenCache>(),
            provider.GetRequiredService<IToolKeys>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddTransient<ServiceCalls>();
        services.AddTransient(provider => new AssignmentAndGradeServices(provider.GetRequiredService<ServiceCalls>()));
        services.AddTransient(provider => new NamesAndRoles(provider.GetRequiredService<ServiceCalls>()));
        services.AddTransient(provider => new NoticeHandlers(provider.GetRequiredService<ServiceCalls>()));
        services.AddTransient(provider => new NoticeValidator(
            provider.GetRequiredService<IPlatforms>(),
            provider.GetRequiredService<INonces>(),
            provider.GetRequiredService<PlatformKeys>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddTransient(provider => new TokenRequests(provider.GetRequiredService<PlatformKeys>(), provider.GetRequiredService<TimeProvider>()));
        services.AddTransient(provider => new DynamicRegistration(provider.GetRequiredService<PlatformHttp>()));
        return services;
    }
}
