using System.Text;

namespace LtiMicroCred.Ledger.Tests;

public sealed class CheckpointFileTests : IDisposable
{
    private static readonly SigningKey s_key = SigningKey.Generate(Samples.Origin(Samples.LogA));
    private readonly string folder = Directory.CreateTempSubdirectory("notes-").FullName;

    private string FilePath => Path.Combine(folder, "checkpoints");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_was_appended_is_read_back_note_by_note()
    {
        byte[][] notes = [Note(1), Note(2, s_key, SigningKey.Generate(s_key.Verifier.Name)), Note(300)];

        await CheckpointFile.AppendAsync(FilePath, notes[..1], Cancel);
        await CheckpointFile.AppendAsync(FilePath, notes[1..], Cancel);
        var (read, warnings) = CheckpointFile.Parse(await File.ReadAllBytesAsync(FilePath, Cancel));

        read.ShouldBe(notes);
        warnings.ShouldBeEmpty();
        (await File.ReadAllTextAsync(FilePath, Cancel)).ShouldBe(string.Concat(notes.Select(n => Encoding.UTF8.GetString(n) + "\n")));
    }

    [Fact]
    public async Task A_file_cut_at_any_byte_goes_on_and_loses_no_other_note_and_takes_no_fragment_for_one()
    {
        byte[][] before = [Note(1), Note(2, s_key, SigningKey.Generate(s_key.Verifier.Name))];
        byte[][] after = [Note(3), Note(4)];
        byte[] first = [.. before[0], (byte)'\n'];
        byte[] whole = [.. first, .. before[1], (byte)'\n'];
        for (var length = first.Length; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(FilePath, whole[..length], Cancel);

            var cut = CheckpointFile.Parse(whole.AsSpan(0, length));
            await CheckpointFile.AppendAsync(FilePath, after, Cancel);
            var (notes, warnings) = CheckpointFile.Parse(await File.ReadAllBytesAsync(FilePath, Cancel));

            // What stays of the second note is nothing, or a whole note by one or both of its keys.
            cut.Notes[0].ShouldBe(before[0], $"cut at {length}");
            notes[0].ShouldBe(before[0], $"cut at {length}");
            notes[^2].ShouldBe(after[0], $"cut at {length}");
            notes[^1].ShouldBe(after[1], $"cut at {length}");
            foreach (var note in notes.Concat(cut.Notes))
                Checkpoint.Open(note, [s_key.Verifier]);
            (notes.Count == 4 || warnings.Count > 0).ShouldBe(length > first.Length, $"cut at {length}");
            (cut.Notes.Count == 2 || cut.Warnings.Count > 0).ShouldBe(length > first.Length, $"cut at {length}");
        }
    }

    [Fact]
    public async Task A_plain_note_in_a_file_of_its_own_is_a_file_of_one()
    {
        var note = Note(7);
        await File.WriteAllBytesAsync(FilePath, note, Cancel);

        CheckpointFile.Parse(note).Notes.ShouldHaveSingleItem().ShouldBe(note);
        await CheckpointFile.AppendAsync(FilePath, [Note(8)], Cancel);

        CheckpointFile.Parse(await File.ReadAllBytesAsync(FilePath, Cancel)).Notes.ShouldBe([note, Note(8)]);
    }

    [Fact]
    public void Warnings_name_the_line_and_are_not_as_many_as_a_hostile_file_has_lines()
    {
        byte[] fragment = [.. Note(1), .. "\nawards.example\n3\n\n"u8, .. Note(2), (byte)'\n', .. "\u2014 stray\n\n"u8, .. Note(3)];

        var (notes, warnings) = CheckpointFile.Parse(fragment);
        notes.ShouldBe([Note(1), Note(2), Note(3)]);
        warnings.ShouldBe(["line 7 is not a whole note: passed over", "line 16 is a signature without a text: passed over"]);

        CheckpointFile.Parse(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a\n\n\n", 10_000)))).Warnings.Count.ShouldBe(101);
        CheckpointFile.Parse("one line that never ends"u8).Warnings.ShouldHaveSingleItem();
        CheckpointFile.Parse([]).Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void A_note_too_long_is_passed_over_without_being_kept()
    {
        byte[] text = [.. Note(1), (byte)'\n', .. Enumerable.Repeat((byte)'x', SignedNote.LongestNote), .. "\n\n"u8, .. Note(2)];

        var (notes, warnings) = CheckpointFile.Parse(text);

        notes.ShouldBe([Note(1), Note(2)]);
        warnings.ShouldHaveSingleItem().ShouldBe("line 7 is longer than a note can be: passed over");
    }

    [Fact]
    public async Task What_is_no_note_is_not_appended()
    {
        await Should.ThrowAsync<LedgerFormatException>(() => CheckpointFile.AppendAsync(FilePath, [Note(1), "no note\n"u8.ToArray()], Cancel));

        File.Exists(FilePath).ShouldBeFalse();
    }

    [Fact]
    public async Task Many_who_append_and_read_at_once_wait_for_each_other()
    {
        await CheckpointFile.AppendAsync(FilePath, [Note(0)], Cancel);
        await Task.WhenAll(Enumerable.Range(1, 20).Select(size => Task.Run(() => CheckpointFile.AppendAsync(FilePath, [Note(size)], Cancel)))
            .Concat(Enumerable.Range(1, 20).Select(_ => Task.Run(() => CheckpointFile.ReadAsync(FilePath, Cancel)))));

        var (notes, warnings) = await CheckpointFile.ReadAsync(FilePath, Cancel);
        notes.Select(note => Checkpoint.Open(note, [s_key.Verifier]).Size).Order().ShouldBe(Enumerable.Range(0, 21).Select(size => (long)size));
        warnings.ShouldBeEmpty();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static byte[] Note(long size, params SigningKey[] keys) =>
        new Checkpoint { Origin = s_key.Verifier.Name, Size = size, Root = Merkle.LeafHash(BitConverter.GetBytes(size)) }.Sign(keys.Length > 0 ? keys : [s_key]);
}
