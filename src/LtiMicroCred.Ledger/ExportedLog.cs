using System.Globalization;

namespace LtiMicroCred.Ledger;

/// <summary>The files of an exported log. Whoever wrote them is not trusted: nothing but a plain file of a believable length is opened.</summary>
internal sealed class ExportedLog(string folder) : ITileSource
{
    // As long as 256 entries can be, each after its length.
    public const int LongestBundle = Tile.FullWidth * (sizeof(ushort) + EntryFormat.LongestEntry);

    public string Folder => folder;

    /// <returns>Nothing where there is no such file.</returns>
    /// <exception cref="LedgerFormatException">It is no plain file, is empty, or longer than that.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<byte[]?> ReadAsync(string name, int longest, CancellationToken cancellationToken)
    {
        await using var file = Open(name, longest);
        if (file is null)
            return null;
        var content = new byte[file.Length];
        await file.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    /// <inheritdoc cref="ReadAsync(string, int, CancellationToken)"/>
    public FileStream? Open(string name, long longest)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists)
            return null;

        // A pipe, a device and an endless link have no length: opening one could wait for ever.
        if (file.LinkTarget is not null || file.Length == 0)
            throw new LedgerFormatException(name, "is empty or not a plain file");
        if (file.Length > longest)
            throw new LedgerFormatException(name, string.Create(CultureInfo.InvariantCulture, $"has {file.Length} bytes; at most {longest} are believable"));
        try
        {
            return new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <exception cref="LedgerFormatException">It is missing, or not as wide as its path says.</exception>
    public async Task<byte[]> TileAsync(Tile tile, CancellationToken cancellationToken)
    {
        var hashes = await ReadAsync(tile.Path, Tile.FullLength, cancellationToken) ?? throw new LedgerFormatException(tile.Path, "is missing");
        return hashes.Length == tile.Width * Merkle.HashSize
            ? hashes : throw new LedgerFormatException(tile.Path, string.Create(CultureInfo.InvariantCulture, $"has {hashes.Length} bytes, not those of {tile.Width} hashes"));
    }

    async ValueTask<byte[]> ITileSource.ReadAsync(Tile tile, CancellationToken cancellationToken) => await TileAsync(tile, cancellationToken);
}
