using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Dapper;
using Microsoft.AspNetCore.Html;

namespace LtiMicroCred.Features.Ledgers;

/// <summary>When a log had how many entries, by the times of its checkpoints.</summary>
internal sealed record Signing
{
    public required long Size { get; init; }
    public required DateTimeOffset SignedAt { get; init; }
}

/// <summary>How a log grew: read at a hundred heights at most, so that the picture is never off by more than one in a hundred, and drawn as one line.</summary>
internal static class LogGrowth
{
    private const int Width = 640, Height = 128;

    /// <summary>Oldest first, up to the checkpoint of that size. Costs a seek for each height, however many checkpoints there are.</summary>
    public static async Task<IReadOnlyList<Signing>> ReadAsync(DbConnection connection, Guid logId, long size) => (await connection.QueryAsync<Signing>(
        """
        WITH Digit (N) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
                           UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9),
             Step (N) AS (SELECT 10 * tens.N + ones.N FROM Digit tens CROSS JOIN Digit ones),
             Reached (Size) AS (SELECT (SELECT MIN(s.Size) FROM Signing s WHERE s.LogId = @logId AND s.Size > @size * Step.N / 100) FROM Step
                                UNION SELECT @size)
        SELECT s.Size, s.SignedAt FROM Signing s JOIN Reached r ON r.Size = s.Size
        WHERE s.LogId = @logId AND s.Size <= @size ORDER BY s.Size
        """,
        new { logId, size })).AsList();

    /// <summary>Up at each checkpoint, level between two; its sentence says the same numbers.</summary>
    public static IHtmlContent Picture(IReadOnlyList<Signing> signings, string sentence)
    {
        var (first, last) = (signings[0], signings[^1]);
        var time = Math.Max(1, (last.SignedAt - first.SignedAt).Ticks);
        var line = new StringBuilder();
        foreach (var signing in signings)
        {
            var x = (decimal)Width * Math.Clamp((signing.SignedAt - first.SignedAt).Ticks, 0, time) / time;
            var y = Height - ((decimal)(Height - 2) * signing.Size / last.Size);
            line.Append(CultureInfo.InvariantCulture, $"H{x:0.#}V{y:0.#}");
        }

        return new HtmlString(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <svg class="growth" viewBox="0 0 {Width} {Height}" preserveAspectRatio="none" role="img" aria-label="{HtmlEncoder.Default.Encode(sentence)}"><path class="f-track" d="M0 {Height}{line}H{Width}V{Height}Z"/><path class="s-path" vector-effect="non-scaling-stroke" d="M0 {Height}{line}H{Width}"/></svg>
            """));
    }
}
