using LtiMicroCred.Features.Platforms;

namespace LtiMicroCred.Tests;

/// <summary>The folder lti-config and the server's pages come from the same texts and name the addresses that the server has.</summary>
public sealed class GuideTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>
{
    [Fact]
    public void The_files_in_the_repository_are_what_the_command_writes()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "LtiMicroCred.sln")))
            folder = folder.Parent.ShouldNotBeNull();
        var kept = Path.Combine(folder.FullName, "lti-config");
        var made = LtiConfigFiles.For(LtiConfigFiles.ExampleUrl);
        Directory.GetFiles(kept).Select(Path.GetFileName).ShouldBe(made.Keys, ignoreOrder: true);
        foreach (var (name, text) in made)
            File.ReadAllText(Path.Combine(kept, name)).ReplaceLineEndings("\n").ShouldBe(text, $"run: lti-config lti-config ({name})");
    }

    [Fact]
    public void No_hole_is_left_unfilled()
    {
        foreach (var (name, text) in LtiConfigFiles.For(LtiConfigFiles.ExampleUrl).Where(f => f.Key.EndsWith(".md", StringComparison.Ordinal)))
            text.Replace(TypedPlatform.ClientIdHole, "", StringComparison.Ordinal).ShouldNotContain("{", Case.Sensitive, name);
    }

    [Theory]
    [InlineData("moodle")]
    [InlineData("canvas")]
    [InlineData("blackboard")]
    [InlineData("brightspace")]
    [InlineData("sakai")]
    [InlineData("open-edx")]
    [InlineData("other")]
    [InlineData("dynamic-registration")]
    public async Task The_servers_pages_show_its_own_addresses(string lms)
    {
        using var wire = new Wire();
        var page = await wire.GetAsync($"{shared.Campus.Tool}/connect/{lms}");
        page.Status.ShouldBe(200);
        page.Text.ShouldContain(lms == "dynamic-registration" ? shared.Campus.Tool + "/register/<link>" : shared.Campus.Tool + "/lti/login");
        page.Text.ShouldNotContain("**");
        page.Text.ShouldNotContain("`");
        page.Document.QuerySelectorAll("main li").Length.ShouldBeGreaterThan(3);
        (await wire.GetAsync(shared.Campus.Tool + "/connect")).Document.QuerySelectorAll($"a[href='/connect/{lms}']").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_is_pasted_can_be_copied_as_it_is_pasted()
    {
        using var wire = new Wire();
        (await Copied("moodle", "Custom parameters, one a line")).Split('\n').ShouldBe(RegisterPlatform.CustomParameters.Select(p => $"{p.Key}={p.Value}"));
        (await Copied("open-edx", "Registered redirect URIs")).ShouldBe($"[\"{shared.Campus.Tool}/lti/launch\"]");
        (await wire.GetAsync($"{shared.Campus.Tool}/connect/canvas")).Document.QuerySelectorAll("code[id]").Select(code => code.TextContent).ShouldAllBe(text => text != Lms.Find("canvas")!.Issuer, "nobody pastes an LMS's own address into it");

        async Task<string> Copied(string lms, string label)
        {
            var page = (await wire.GetAsync($"{shared.Campus.Tool}/connect/{lms}")).Document;
            var button = page.QuerySelectorAll("button[data-copy]").Single(b => page.GetElementById(b.GetAttribute("aria-labelledby")!.Split(' ')[1])!.TextContent == label);
            return page.GetElementById(button.GetAttribute("data-copy")!)!.TextContent;
        }
    }

    [Fact]
    public async Task An_LMS_that_has_no_page_is_not_found()
    {
        using var wire = new Wire();
        (await wire.GetAsync(shared.Campus.Tool + "/connect/nonsense")).Status.ShouldBe(404);
        (await wire.GetAsync(shared.Campus.Tool + "/icon.svg")).Body.ShouldStartWith("<svg");
    }
}
