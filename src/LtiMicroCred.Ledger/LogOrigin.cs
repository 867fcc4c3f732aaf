namespace LtiMicroCred.Ledger;

/// <summary>
/// A log's name in the world, <c>awards.example.edu/logs/{log id}</c>: the origin line of its checkpoints and the <c>log</c> of each of its entries.
/// Fixed for ever; a host that moves keeps the names of its logs.
/// </summary>
internal static class LogOrigin
{
    private const int LongestOrigin = 255;

    /// <summary>What is wrong with it, or nothing.</summary>
    public static string? Fault(string origin, Guid logId)
    {
        if (origin.Length > LongestOrigin)
            return $"longer than {LongestOrigin} characters";

        // C2SP signed-note: a name has no space and no plus. Beyond ASCII, look-alikes would be different logs.
        if (!origin.All(c => c is > ' ' and < '\x7f' and not '+'))
            return "holds a character other than printable ASCII without space and plus";
        if (!BelongsTo(origin, logId) || origin[0] == '/')
            return $"must read like 'awards.example.edu/logs/{Texts.Of(logId)}'";
        return null;
    }

    public static bool BelongsTo(string origin, Guid logId) => origin.EndsWith($"/logs/{Texts.Of(logId)}", StringComparison.Ordinal);
}
