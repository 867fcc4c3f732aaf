using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LtiMicroCred.Tests;

/// <summary>Every SQL statement that this process has SQLite run on some file, told by SQLite itself.</summary>
internal static unsafe partial class StatementLog
{
    private const uint StatementStarts = 1;
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> s_watched = new(StringComparer.Ordinal);

    /// <summary>Connections that are opened from now on tell what they run. To be called before the file is first opened.</summary>
    public static void Install() => AutoExtension(&Opened).ShouldBe(0);

    /// <summary>What is run on this file from now on.</summary>
    public static ConcurrentQueue<string> Watch(string file) => s_watched.GetOrAdd(file, _ => new ConcurrentQueue<string>());

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Opened(nint database, nint error, nint api) => Trace(database, StatementStarts, &Started, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Started(uint what, nint context, nint statement, nint text)
    {
        var file = Marshal.PtrToStringUTF8(FileName(DatabaseOf(statement), "main")) ?? "";
        if (s_watched.TryGetValue(file, out var log))
            log.Enqueue(Marshal.PtrToStringUTF8(text)!.Trim());
        return 0;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_auto_extension")]
    private static partial int AutoExtension(delegate* unmanaged[Cdecl]<nint, nint, nint, int> entryPoint);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_trace_v2")]
    private static partial int Trace(nint database, uint mask, delegate* unmanaged[Cdecl]<uint, nint, nint, nint, int> callback, nint context);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_db_handle")]
    private static partial nint DatabaseOf(nint statement);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_db_filename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint FileName(nint database, string name);
}
