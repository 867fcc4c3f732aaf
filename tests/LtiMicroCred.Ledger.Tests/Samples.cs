using System.Security.Cryptography;

namespace LtiMicroCred.Ledger.Tests;

internal static class Samples
{
    public static readonly Guid LogA = Guid.Parse("0a000000-0000-7000-8000-00000000000a");
    public static readonly Guid LogB = Guid.Parse("0b000000-0000-7000-8000-00000000000b");
    public static readonly DateTimeOffset At = new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.FromHours(1)).AddTicks(1_234_567);

    public static string Origin(Guid log) => $"awards.example.edu/logs/{log:D}";

    public static AwardIssued Entry(decimal hours = 60) => new()
    {
        At = At,
        AwardId = Guid.CreateVersion7(),
        AchievementId = Guid.CreateVersion7(),
        AchievementVersion = 3,
        AchievementHash = RandomNumberGenerator.GetBytes(32),
        Hours = hours,
        Credits = 2.50m,
        CreditSystem = "ECTS",
        Passed = true,
        SubjectRef = RandomNumberGenerator.GetBytes(32),
    };

    public static AwardIssued[] Entries(int count) => [.. Enumerable.Range(1, count).Select(i => Entry(i))];
}
