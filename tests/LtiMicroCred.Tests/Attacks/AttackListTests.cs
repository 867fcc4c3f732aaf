using System.Globalization;
using System.Text.RegularExpressions;

namespace LtiMicroCred.Tests.Attacks;

/// <summary>No attack of the list goes without a test, in whichever project of the tests that is.</summary>
public sealed partial class AttackListTests
{
    [Fact]
    public void Every_attack_of_the_list_has_a_test()
    {
        var tests = Folder("tests");
        var listed = Listed().Matches(File.ReadAllText(Path.Combine(tests, "README.md"))).Select(Number).ToList();
        var played = Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories).SelectMany(file => Played().Matches(File.ReadAllText(file)).Select(Number)).ToHashSet();
        listed.ShouldBe(Enumerable.Range(1, 24));
        listed.Except(played).ShouldBeEmpty();
        played.Except(listed).ShouldBeEmpty();
    }

    // Only the sentence that closes a registration's frame goes to whoever opened it: it holds nothing.
    [Fact]
    [Attack(17)]
    public void No_message_with_something_in_it_goes_to_just_anybody()
    {
        var posts = Directory.EnumerateFiles(Folder(Path.Combine("src", "LtiMicroCred", "wwwroot")), "*.js").SelectMany(File.ReadLines).Where(line => line.Contains("postMessage(", StringComparison.Ordinal)).ToList();
        posts.ShouldNotBeEmpty();
        posts.Where(line => line.Contains("\"*\"", StringComparison.Ordinal)).ShouldAllBe(line => line.Contains("postMessage(message, \"*\")", StringComparison.Ordinal));
        File.ReadAllText(Path.Combine(Folder(Path.Combine("src", "LtiMicroCred", "wwwroot")), "site.js")).ShouldContain("const message = { subject: \"org.imsglobal.lti.close\" };");
    }

    private static int Number(Match match) => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    private static string Folder(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LtiMicroCred.sln")))
                return Path.Combine(folder.FullName, name);
        }

        throw new DirectoryNotFoundException("the tests run outside their repository");
    }

    [GeneratedRegex(@"^(\d+)\. ", RegexOptions.Multiline)]
    private static partial Regex Listed();

    [GeneratedRegex(@"^    \[Attack\((\d+)\)\]", RegexOptions.Multiline)]
    private static partial Regex Played();
}
