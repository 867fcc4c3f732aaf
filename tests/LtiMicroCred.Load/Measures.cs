using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace LtiMicroCred.Load;

/// <summary>Figures of one run: counts, and the times of single plays.</summary>
internal sealed record Measured(int Count, TimeSpan Wall, TimeSpan ServerCpu, TimeSpan[] Times)
{
    public double PerSecond => Count / Wall.TotalSeconds;

    public double CpuMilliseconds => ServerCpu.TotalMilliseconds / Count;

    public double Percentile(double share)
    {
        var sorted = Times.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))].TotalMilliseconds;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerSecond,7:0} /s   p50 {Percentile(0.5):0.00} ms   p99 {Percentile(0.99):0.00} ms   server CPU {CpuMilliseconds:0.000} ms each");

    /// <summary>Plays <paramref name="count"/> times on some connections at once.</summary>
    public static async Task<Measured> RunAsync(ToolServer tool, int count, int connections, Func<int, int, Task<TimeSpan>> play)
    {
        var times = new TimeSpan[count];
        var next = -1;
        var cpu = tool.Cpu;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async connection =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                times[i] = await play(connection, i);
        }));
        var wall = Stopwatch.GetElapsedTime(started);
        return new Measured(count, wall, tool.Cpu - cpu, times);
    }

    /// <summary>The CPU time of one RSA-2048 verification on this machine, now.</summary>
    public static double VerificationMilliseconds()
    {
        using var key = RSA.Create(2048);
        var data = RandomNumberGenerator.GetBytes(1500);
        var signature = key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var rounds = new double[5];
        for (var round = -1; round < rounds.Length; round++)
        {
            const int each = 5_000;
            var before = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < each; i++)
            {
                if (!key.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
                    throw new CryptographicException("a good signature did not verify");
            }

            if (round >= 0)
                rounds[round] = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / each;
        }

        return rounds.Order().ElementAt(rounds.Length / 2);
    }
}
