using System.Diagnostics;
using System.Globalization;

namespace LtiMicroCred.Load;

/// <summary>The costs of one piece of work.</summary>
internal sealed record Cost(double WallMilliseconds, double CpuMilliseconds)
{
    public static async Task<Cost> OfAsync(Func<Task> work)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await work();
        return new Cost(Stopwatch.GetElapsedTime(started).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
    }
}

/// <summary>Two works done in turn, round by round, each first in every other round: what disturbs the machine meets both. Medians.</summary>
internal sealed record Pairs(IReadOnlyList<(Cost One, Cost Other)> Rounds)
{
    public double WallRatio => Median(Rounds.Select(round => round.One.WallMilliseconds / round.Other.WallMilliseconds));

    public double CpuRatio => Median(Rounds.Select(round => round.One.CpuMilliseconds / round.Other.CpuMilliseconds));

    public double OneWall => Median(Rounds.Select(round => round.One.WallMilliseconds));

    public double OtherWall => Median(Rounds.Select(round => round.Other.WallMilliseconds));

    public double OneCpu => Median(Rounds.Select(round => round.One.CpuMilliseconds));

    public double OtherCpu => Median(Rounds.Select(round => round.Other.CpuMilliseconds));

    /// <param name="rounds">Those that count; one before them warms up.</param>
    /// <param name="one">A round of the first work.</param>
    /// <param name="other">A round of the second.</param>
    /// <param name="between">Done after each round, not measured.</param>
    public static async Task<Pairs> RunAsync(int rounds, Func<Task> one, Func<Task> other, Func<Task>? between = null)
    {
        var costs = new List<(Cost One, Cost Other)>();
        for (var round = -1; round < rounds; round++)
        {
            var (first, second) = int.IsEvenInteger(round) ? (one, other) : (other, one);
            GC.Collect();
            var firstCost = await Cost.OfAsync(first);
            var secondCost = await Cost.OfAsync(second);
            if (round >= 0)
                costs.Add(int.IsEvenInteger(round) ? (firstCost, secondCost) : (secondCost, firstCost));
            if (between is not null)
                await between();
        }

        return new Pairs(costs);
    }

    public string Wall(int of, string unit) => string.Create(CultureInfo.InvariantCulture, $"{OneWall / of * 1000:0.0} µs {unit} against {OtherWall / of * 1000:0.0} µs, wall");

    public string Cpu(int of, string unit) => string.Create(CultureInfo.InvariantCulture, $"{OneCpu / of * 1000:0.0} µs {unit} against {OtherCpu / of * 1000:0.0} µs, CPU");

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
