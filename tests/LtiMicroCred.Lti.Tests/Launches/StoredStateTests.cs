using System.Buffers.Text;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti.Tests.Launches;

/// <summary>Launches without a cookie, by what the platform's page kept (LTI postMessage Storage): as strong as the cookie, and never instead of a check.</summary>
public sealed class StoredStateTests(LoopbackServer server)
{
    private const string Ours = "https://tool.example";

    [Theory]
    [InlineData("_parent")]
    [InlineData("platform_storage")]
    public async Task Secret_is_stored_only_where_the_platform_offers_it_and_only_with_its_sign_in_origin(string target)
    {
        using var tool = new TestTool(server.NewSite());
        (await tool.LogInAsync()).Storage.ShouldBeNull();
        (await tool.LogInAsync(tool.Login() with { StorageTarget = "" })).Storage.ShouldBeNull();

        var start = await tool.LogInAsync(tool.Login() with { StorageTarget = target });

        var storage = start.Storage.ShouldNotBeNull();
        storage.Target.ShouldBe(target);
        storage.Origin.ShouldBe(tool.Platform.AuthorizationEndpoint.GetLeftPart(UriPartial.Authority));
        storage.Key.ShouldBe(start.Cookie.Name);
        Base64Url.DecodeFromChars(storage.Value.ShouldNotBeNull()).Length.ShouldBe(32);
        (storage.Value == start.Cookie.Value).ShouldBeFalse("scripts must not see what the cookie keeps from them");
        start.AuthenticationRequest.AbsoluteUri.ShouldNotContain(storage.Value);
    }

    [Theory]
    [InlineData("https://LMS.Example:443/auth", "https://lms.example")]
    [InlineData("https://bücher.example:8443/auth", "https://xn--bcher-kva.example:8443")]
    [InlineData("http://[::1]:8080/auth", "http://[::1]:8080")]
    public async Task Origin_is_written_as_browsers_write_it(string endpoint, string origin)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Platform = tool.Platform with { AuthorizationEndpoint = new Uri(endpoint) };

        (await tool.LogInAsync(tool.Login() with { StorageTarget = "_parent" })).Storage!.Origin.ShouldBe(origin);
    }

    [Fact]
    public async Task Stored_value_from_our_own_page_stands_in_for_the_cookie()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await WithoutCookieAsync(tool);

        (await launch.SendAsync()).Subject.ShouldBe("7");
    }

    [Fact]
    public async Task Launch_by_a_stored_value_is_single_use_too()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await WithoutCookieAsync(tool);
        await launch.SendAsync();

        await launch.RefusedAsync(LtiError.NonceReplayed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("https://evil.example")]
    [InlineData("https://tool.example.evil")]
    [InlineData("http://tool.example")]
    [InlineData("https://tool.example:8443")]
    public async Task Stored_value_that_another_site_posts_is_refused(string? origin)
    {
        using var tool = new TestTool(server.NewSite());
        // Whoever began the login knows its value: an attacker who posts his own launch into another browser.
        var launch = await WithoutCookieAsync(tool);
        launch.Origin = origin;

        await launch.RefusedAsync(LtiError.StateMismatch);
        tool.UsedNonces.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stored_value_of_another_login_is_refused()
    {
        using var tool = new TestTool(server.NewSite());
        var other = await WithoutCookieAsync(tool);
        var launch = await WithoutCookieAsync(tool);
        launch.Storage = other.Storage;

        await launch.RefusedAsync(LtiError.StateMismatch);
    }

    [Fact]
    public async Task Cookies_secret_is_no_stored_value_nor_the_other_way_round()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await WithoutCookieAsync(tool);
        launch.Storage = (await tool.LogInAsync()).Cookie.Value;
        await launch.RefusedAsync(LtiError.StateMismatch);

        var other = await StoredAsync(tool);
        other.Cookie = other.Cookie! with { Value = other.Kept!.Value! };
        other.Origin = Ours;
        other.Storage = other.Kept.Value;
        await other.RefusedAsync(LtiError.StateMismatch);
    }

    [Fact]
    public async Task Stored_value_counts_for_nothing_where_none_was_kept()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Cookie = null;
        launch.Origin = Ours;
        launch.Storage = "anything";

        await launch.RefusedAsync(LtiError.StateCookieMissing);
        (await launch.AskAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Missing_answer_of_the_platform_leads_to_the_new_window()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await WithoutCookieAsync(tool);
        launch.Storage = "";

        (await launch.RefusedAsync(LtiError.StateCookieMissing)).State.ShouldBe(launch.State);
        (await launch.AskAsync()).ShouldBeNull("it was asked already");
    }

    [Fact]
    public async Task Platform_is_asked_only_when_the_cookie_is_missing_and_never_with_the_secret()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await StoredAsync(tool);
        (await launch.AskAsync()).ShouldBeNull("the cookie is there");

        launch.Cookie = null;
        (await launch.AskAsync()).ShouldBe(launch.Kept! with { Value = null });

        launch.Error = "login_required";
        (await launch.AskAsync()).ShouldBeNull();
        launch.Error = null;
        launch.State += "x";
        (await Should.ThrowAsync<LtiException>(launch.AskAsync)).Error.ShouldBe(LtiError.InvalidState);
    }

    [Fact]
    public async Task Login_that_starts_over_in_a_new_window_stores_nothing()
    {
        using var tool = new TestTool(server.NewSite());
        var first = await tool.LogInAsync(tool.Login() with { StorageTarget = "_parent" });

        var second = await tool.Get<LoginFlow>().RestartAsync(first.Parameter("state"), CancellationToken.None);

        second.Storage.ShouldBeNull();
    }

    [Fact]
    public async Task Refusal_by_the_platform_can_be_retried_where_the_state_is_ours()
    {
        using var tool = new TestTool(server.NewSite());
        var launch = await tool.PrepareAsync();
        launch.Error = "login_required";
        var refusal = await launch.RefusedAsync(LtiError.PlatformRefused);
        refusal.State.ShouldBe(launch.State);
        refusal.PlatformId.ShouldBe(tool.Platform.Id);

        launch.State = "made up";
        (await launch.RefusedAsync(LtiError.PlatformRefused)).State.ShouldBeNull();
    }

    [Fact]
    public void Form_is_read_with_the_origin_that_the_browser_wrote()
    {
        var form = LaunchForm.From(new FormCollection(new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["storage"] = "kept" }), Ours);
        form.Storage.ShouldBe("kept");
        form.Origin.ShouldBe(Ours);

        LaunchForm.From(FormCollection.Empty, new StringValues([Ours, "https://evil.example"])).Origin.ShouldBeNull();
        LaunchForm.From(FormCollection.Empty).Storage.ShouldBeNull();
    }

    private static async Task<LaunchAttempt> StoredAsync(TestTool tool) => new(tool, await tool.LogInAsync(tool.Login() with { StorageTarget = "_parent" }));

    /// <summary>As our own page posts it, once the platform has answered.</summary>
    private static async Task<LaunchAttempt> WithoutCookieAsync(TestTool tool)
    {
        var launch = await StoredAsync(tool);
        launch.Cookie = null;
        launch.Storage = launch.Kept!.Value;
        launch.Origin = Ours;
        return launch;
    }
}
