using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Lti.Tests;

public sealed class ServiceRegistrationTests(LoopbackServer server)
{
    [Fact]
    public void Everything_resolves_with_scoped_services_of_the_host()
    {
        using var tool = new TestTool(server.NewSite());
        var services = new ServiceCollection()
            .AddLti()
            .AddScoped<IPlatforms>(_ => tool)
            .AddScoped<INonces>(_ => tool)
            .AddScoped<IToolKeys>(_ => tool)
            .AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider())
            .AddSingleton(new LtiOptions { PublicUrl = new Uri("https://tool.example"), LaunchUri = new Uri("https://tool.example/launch"), UserAgent = "TestTool/1.0" })
            .AddSingleton(new OutgoingOptions());
        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        using var scope = provider.CreateScope();

        foreach (var service in services.Where(service => service.ServiceType.Assembly == typeof(LtiOptions).Assembly))
            scope.ServiceProvider.GetRequiredService(service.ServiceType).ShouldNotBeNull();
        scope.ServiceProvider.GetRequiredService<TimeProvider>().ShouldBe(TimeProvider.System);
    }
}
