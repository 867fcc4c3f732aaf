using System.Runtime.CompilerServices;

namespace LtiMicroCred.Ledger.Tests;

/// <summary>A log that is signed at some of its sizes.</summary>
internal sealed class LogInMemory : ILogSource
{
    private readonly List<byte[]> entries = [];
    private readonly List<byte[]> notes = [];
    private readonly Frontier frontier = new();

    public SigningKey Key { get; } = SigningKey.Generate(Samples.Origin(Samples.LogA));

    public Guid LogId => Samples.LogA;

    /// <summary>What comes after this many pages fails, as a database that goes away.</summary>
    public int PagesUntilFailure { get; set; } = int.MaxValue;

    public IReadOnlyList<byte[]> Notes => notes;

    public static LogInMemory Of(params int[] sizes)
    {
        var made = new LogInMemory();
        foreach (var size in sizes)
            made.GrowTo(size);
        return made;
    }

    public void GrowTo(int size)
    {
        foreach (var entry in Samples.Entries(size - entries.Count))
            Add(EntryFormat.Encode(entry, Key.Verifier.Name, entries.Count + 1));
        notes.Add(new Checkpoint { Origin = Key.Verifier.Name, Size = frontier.Size, Root = frontier.Root() }.Sign(Key));
    }

    public void Add(byte[] entry)
    {
        entries.Add(entry);
        frontier.Append(Merkle.LeafHash(entry));
    }

    public Task<IReadOnlyList<VerifierKey>> KeysAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<VerifierKey>>([Key.Verifier]);

    public async IAsyncEnumerable<byte[]> CheckpointsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var note in notes)
        {
            await Task.Yield();
            yield return note;
        }
    }

    public Task<IReadOnlyList<byte[]>> EntriesAsync(long after, long upTo, CancellationToken cancellationToken) =>
        PagesUntilFailure-- > 0 ? Task.FromResult<IReadOnlyList<byte[]>>(entries[(int)after..(int)upTo]) : throw new IOException("the database has gone");
}
