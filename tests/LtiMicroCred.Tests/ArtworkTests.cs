using System.Diagnostics;
using System.Text.Json;
using AngleSharp.Html.Parser;
using LtiMicroCred.Features.Achievements;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Tests;

/// <summary>The artwork that the server draws is the one that the live preview draws while somebody types.</summary>
public sealed class ArtworkTests
{
    private static readonly string[] s_words = ["Data", "Ethics", "in", "Practice", "a", "Überwachungsgesamtrechnung", "説明可能な人工知能モデル", "R&D", "<b>", "\"so\"", "it's", "Þórdís", "🧪", "e\u0301tude", "—", "Internationalisation", "of", "learning"];

    private static readonly string[] s_titles =
    [
        "Data Ethics in Practice", "x", "  spaces \t around\u00a0it ", "Donaudampfschifffahrtsgesellschaftskapitän", "責任あるデータサイエンスの実践と倫理的な判断", "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        "Tom & Jerry <script> \"quoted\" 'single'", "👩‍🔬 in the lab", "e\u0301 = é", "+1 =`tick`",
    ];

    [Fact]
    public async Task The_server_draws_what_the_preview_draws()
    {
        var titles = s_titles.Concat(Mixed(250)).ToList();
        var cases = titles.SelectMany((title, i) => (int[])[(i % 8) + 1, 8 - (i % 8)], (title, level) => new { title, level, alt = $"{title}, {level}" }).ToList();

        var drawn = await DrawInNodeAsync(JsonSerializer.Serialize(cases));

        drawn.Count.ShouldBe(cases.Count);
        for (var i = 0; i < cases.Count; i++)
            Shape(((HtmlString)Artwork.Full(cases[i].title, cases[i].level, cases[i].alt)).Value!).ShouldBe(Shape(drawn[i]), $"“{cases[i].title}” at level {cases[i].level}");
    }

    [Fact]
    public void The_same_title_and_level_give_the_same_drawing_and_others_another()
    {
        Draw("Data Ethics", 6).ShouldBe(Draw("Data Ethics", 6));
        (Draw("Data Ethics", 6) == Draw("Data Ethics", 7)).ShouldBeFalse();
        (Draw("Data Ethics", 6) == Draw("Data Ethica", 6)).ShouldBeFalse();
        Draw("e\u0301tude", 6).ShouldBe(Draw("étude", 6), "the same letters, composed or not");

        static string Draw(string title, int level) => Shape(((HtmlString)Artwork.Full(title, level)).Value!).Normalize();
    }

    // What a browser makes of it: how a letter is escaped does not matter.
    private static string Shape(string svg) => new HtmlParser().ParseDocument(svg).Body!.InnerHtml;

    private static IEnumerable<string> Mixed(int count)
    {
        for (var i = 1; i <= count; i++)
            yield return string.Join(' ', Enumerable.Range(0, 1 + (i % 7)).Select(n => s_words[(i * (n + 3) * 7919) % s_words.Length])) + (i % 3 == 0 ? $" {i}" : "");
    }

    private static async Task<IReadOnlyList<string>> DrawInNodeAsync(string cases)
    {
        using var script = new StreamReader(typeof(App).Assembly.GetManifestResourceStream("assets.artwork.js")!);
        var program = await script.ReadToEndAsync()
            + "\nlet text = ''; process.stdin.setEncoding('utf8'); process.stdin.on('data', part => text += part);"
            + "\nprocess.stdin.on('end', () => process.stdout.write(JSON.stringify(JSON.parse(text).map(c => credentialArtwork(c)))));";
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false, ArgumentList = { "-e", program } };
        try
        {
            using var node = Process.Start(start)!;
            await node.StandardInput.WriteAsync(cases);
            node.StandardInput.Close();
            var drawn = await node.StandardOutput.ReadToEndAsync();
            await node.WaitForExitAsync();
            node.ExitCode.ShouldBe(0);
            return JsonSerializer.Deserialize<List<string>>(drawn)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("node is not installed: the preview's script cannot be run here.");
            return [];
        }
    }
}
