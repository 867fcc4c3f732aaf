using Dapper;
using LtiMicroCred.Features.Operators;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static LtiMicroCred.BrowserTests.People;

namespace LtiMicroCred.BrowserTests;

/// <summary>What whoever runs the server sees.</summary>
public sealed class OperatorPagesTests
{
    [Fact(Timeout = Chromium.Patience)]
    public async Task An_operator_signs_in_by_a_link_and_approves_a_deployment_that_waits()
    {
        await using var world = await Worlds.WithCredentialAsync();
        var database = world.Tool.Services.GetRequiredService<Database>();
        await using (var connection = await database.OpenAsync(CancellationToken.None))
            await connection.ExecuteAsync("UPDATE Deployment SET ApprovedAt = NULL, FirstSeenAt = @Now", new { Now = DateTimeOffset.UtcNow });
        world.Tool.Services.GetRequiredService<PlatformDirectory>().Forget();
        await using var chromium = await Chromium.StartAsync();
        var learner = await chromium.WindowAsync();
        await learner.OpenActivityAsync(world, "learner");
        await Expect(learner.Tool().GetByRole(AriaRole.Heading, new() { Name = "This tool is waiting for approval" })).ToBeVisibleAsync();
        await learner.LookAtAsync("error-waiting");
        chromium.MustNotHaveComplained(403);

        var window = await chromium.WindowAsync();
        var link = await world.Scopes.SendAsync(new MakeOperatorLink(TimeSpan.FromMinutes(5)), CancellationToken.None);
        await window.GotoAsync(link.AbsoluteUri);
        await window.LookAtAsync("operator-sign-in");
        await window.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(window.GetByText("One deployment waits for you.")).ToBeVisibleAsync();
        await window.LookAtAsync("admin-platforms");
        await window.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await Expect(window.GetByText("approved", new() { Exact = true })).ToBeVisibleAsync();
        await window.GetByRole(AriaRole.Link, new() { Name = "localhost" }).ClickAsync();
        await Expect(window.GetByText("approved", new() { Exact = false }).First).ToBeVisibleAsync();
        await Expect(window.GetByText("Check failed: “Its deployment is approved”")).ToBeVisibleAsync();
        await window.LookAtAsync("admin-platform");
        await window.GetByRole(AriaRole.Button, new() { Name = "Make a new key" }).ClickAsync();
        await Expect(window.GetByText("signs from")).ToBeVisibleAsync();
        await window.GetByRole(AriaRole.Link, new() { Name = "All platforms" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Link, new() { Name = "localhost" })).ToBeVisibleAsync();
        await window.GetByRole(AriaRole.Link, new() { Name = "Connect an LMS" }).ClickAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "Make a link" }).ClickAsync();
        await Expect(window.GetByText("Shown this once.")).ToBeVisibleAsync();
        await window.LookAtAsync("admin-connect");
        await window.GetByRole(AriaRole.Link, new() { Name = "Health" }).ClickAsync();
        await Expect(window.GetByText("no columns yet")).ToBeVisibleAsync();
        await window.LookAtAsync("admin-health");
        await window.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await window.WaitForURLAsync(world.ToolUrl + "/");
        chromium.MustNotHaveComplained(403);

        await window.GoAsync(world, "/admin");
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "This page is for operators" })).ToBeVisibleAsync();
        await learner.OpenToolAsync(world, "learner");
        await window.GotoAsync(link.AbsoluteUri);
        await window.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Heading, new() { Name = "This link is not good any more" })).ToBeVisibleAsync();
        chromium.MustNotHaveComplained(401, 403, 404);
    }
}
