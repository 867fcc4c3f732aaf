using System.Text.RegularExpressions;

namespace LtiMicroCred.Lti.Tests.Samples;

/// <summary>What the README shows is what is compiled here.</summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<string> Blocks => [.. Block().Matches(Readme()).Select(block => block.Groups["name"].Value)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Code_of_the_readme_is_a_compiled_sample(string name)
    {
        var shown = Block().Matches(Readme()).Single(block => block.Groups["name"].Value == name).Groups["code"].Value;

        shown.TrimEnd().ShouldBe(Regions()[name].TrimEnd());
    }

    [Fact]
    public void Every_sample_and_nothing_else_is_shown()
    {
        Block().Matches(Readme()).Select(block => block.Groups["name"].Value).ShouldBe(Regions().Keys, ignoreOrder: true);
        CodeFence().Count(Readme()).ShouldBe(Blocks.Count);
    }

    private static string Readme() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Samples", "README.md"));

    private static Dictionary<string, string> Regions() => Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Samples"), "*.cs")
        .SelectMany(file => Region().Matches(File.ReadAllText(file)))
        .ToDictionary(region => region.Groups["name"].Value, region => Undent(region.Groups["code"].Value, region.Groups["indent"].Length), StringComparer.Ordinal);

    private static string Undent(string code, int spaces) => string.Join('\n', code.Split('\n').Select(line => line.Length >= spaces ? line[spaces..] : line));

    [GeneratedRegex(@"<!-- sample: (?<name>[a-z-]+) -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    [GeneratedRegex("^```csharp", RegexOptions.Multiline)]
    private static partial Regex CodeFence();

    [GeneratedRegex(@"^(?<indent> *)#region (?<name>[a-z-]+)\n(?<code>.*?)^ *#endregion", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Region();
}
