namespace LtiMicroCred.Ledger;

/// <summary>Stored data is not what this library writes: damaged, forged, or from a newer version.</summary>
public sealed class LedgerFormatException(string where, string reason, Exception? inner = null)
    : Exception($"{where}: {reason}", inner)
{
    /// <summary>The member of the entry, or the column.</summary>
    public string Where { get; } = where;

    public string Reason { get; } = reason;
}
