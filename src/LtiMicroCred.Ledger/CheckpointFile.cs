using System.Buffers;
using System.Runtime.CompilerServices;

namespace LtiMicroCred.Ledger;

/// <summary>
/// The text form of many signed notes: one after the other, an empty line after the signature lines of each. It only grows; where a write was cut
/// short, a fragment stays and is passed over by whoever reads.
/// </summary>
public static class CheckpointFile
{
    // A text with a fragment a line must not become a list as long.
    private const int MostWarnings = 100;

    // More than a signature line can have.
    private const int LongestLine = 8 * 1024;

    private const int SharingViolation = 11; // EAGAIN, as .NET's lock on a file reports it on Linux

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The notes as they stand, oldest first, and what was passed over, by line. Nothing is said about signatures.</summary>
    public static (IReadOnlyList<byte[]> Notes, IReadOnlyList<string> Warnings) Parse(ReadOnlySpan<byte> text)
    {
        var notes = new List<byte[]>();
        var warnings = new List<string>();
        var lines = new NoteLines(notes.Add, warning => Warn(warnings, warning));
        for (var end = text.IndexOf((byte)'\n'); end >= 0; end = text.IndexOf((byte)'\n'))
        {
            lines.Add(text[..end]);
            text = text[(end + 1)..];
        }

        lines.End(text);
        return (notes, warnings);
    }

    /// <summary>The same of a file. A process that appends to it just now is waited for.</summary>
    /// <exception cref="IOException">The file cannot be read, or is longer than 2 GiB.</exception>
    public static async Task<(IReadOnlyList<byte[]> Notes, IReadOnlyList<string> Warnings)> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = await OpenAsync(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, cancellationToken);
        if (file.Length > Array.MaxLength)
            throw new IOException($"'{path}' has {file.Length} bytes: too many to be read at once.");
        var text = new byte[file.Length];
        await file.ReadExactlyAsync(text, cancellationToken);
        return Parse(text);
    }

    /// <summary>The notes of a file of any length, one at a time.</summary>
    internal static async IAsyncEnumerable<byte[]> NotesAsync(Stream file, List<string> warnings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var notes = new Queue<byte[]>();
        var lines = new NoteLines(notes.Enqueue, warning => Warn(warnings, warning));
        var line = new ArrayBufferWriter<byte>();
        var chunk = new byte[64 * 1024];
        for (var read = await file.ReadAsync(chunk, cancellationToken); read > 0; read = await file.ReadAsync(chunk, cancellationToken))
        {
            AddLines(lines, line, chunk.AsSpan(0, read));
            while (notes.TryDequeue(out var note))
                yield return note;
        }

        lines.End(line.WrittenSpan);
        while (notes.TryDequeue(out var note))
            yield return note;
    }

    /// <summary>
    /// Appends, each note by one write that has reached the disk before the next begins. A process that appends to the same file is waited for.
    /// A file that was cut short is mended so that its fragment cannot be taken for a note.
    /// </summary>
    /// <exception cref="LedgerFormatException">One of them is not a signed note; none is written.</exception>
    /// <exception cref="IOException">The file cannot be written. Those before may be there.</exception>
    public static async Task AppendAsync(string path, IReadOnlyList<byte[]> notes, CancellationToken cancellationToken)
    {
        foreach (var note in notes)
            SignedNote.Parse(note);
        if (notes.Count == 0)
            return;

        // .NET keeps others out of a file only where nothing of it is shared.
        await using var file = await OpenAsync(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, cancellationToken);
        var mend = await MendAsync(file, cancellationToken);
        file.Seek(0, SeekOrigin.End);
        foreach (var note in notes)
        {
            await file.WriteAsync((byte[])[.. mend, .. note, (byte)'\n'], cancellationToken);
            file.Flush(flushToDisk: true);
            mend = [];
        }
    }

    private static async Task<FileStream> OpenAsync(string path, FileMode mode, FileAccess access, FileShare share, CancellationToken cancellationToken)
    {
        for (var started = Environment.TickCount64; ;)
        {
            try
            {
                return new FileStream(path, mode, access, share, bufferSize: 0, useAsync: true);
            }
            catch (IOException e) when (e.HResult == SharingViolation && Environment.TickCount64 - started < Patience.TotalMilliseconds)
            {
                await Task.Delay(20, cancellationToken);
            }
        }
    }

    /// <summary>What must come before the next note: nothing, unless the file was cut short or is one plain note.</summary>
    private static async Task<byte[]> MendAsync(FileStream file, CancellationToken cancellationToken)
    {
        var tail = new byte[Math.Min(file.Length, LongestLine)];
        file.Seek(-tail.Length, SeekOrigin.End);
        await file.ReadExactlyAsync(tail, cancellationToken);
        return tail switch
        {
            [] or [.., (byte)'\n', (byte)'\n'] => [],
            [.., (byte)'\n'] => [(byte)'\n'],

            // A signature line cut short is followed by text and so seen not to be whole; an empty line would make a note of it.
            _ => tail.AsSpan(tail.AsSpan().LastIndexOf((byte)'\n') + 1).StartsWith(NoteLines.SignatureStart) ? [(byte)'\n'] : "\n\n"u8.ToArray(),
        };
    }

    /// <param name="line">What came before, of a line that has not ended yet.</param>
    private static void AddLines(NoteLines lines, ArrayBufferWriter<byte> line, ReadOnlySpan<byte> chunk)
    {
        for (var end = chunk.IndexOf((byte)'\n'); end >= 0; end = chunk.IndexOf((byte)'\n'))
        {
            Hold(line, chunk[..end]);
            lines.Add(line.WrittenSpan);
            line.ResetWrittenCount();
            chunk = chunk[(end + 1)..];
        }

        Hold(line, chunk);
    }

    // Of a line too long for any note, so much is enough to see that.
    private static void Hold(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> more) =>
        line.Write(more[..Math.Min(more.Length, SignedNote.LongestNote - line.WrittenCount)]);

    internal static void Warn(List<string> warnings, string warning)
    {
        if (warnings.Count < MostWarnings)
            warnings.Add(warning);
        else if (warnings.Count == MostWarnings)
            warnings.Add("and more");
    }
}
