using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;

namespace LtiMicroCred.Ledger;

/// <summary>
/// The commands of an append, made once for each connection while it is open: SQLite takes as long to make a statement ready, with the triggers that belong to it,
/// as to run it. They go with the connection.
/// </summary>
internal static class HeldCommands
{
    private static readonly ConditionalWeakTable<DbConnection, Dictionary<string, DbCommand>> Held = [];

    /// <summary>Not to be disposed. Its parameters are still to be bound.</summary>
    public static DbCommand Of(Dialect dialect, DbConnection connection, DbTransaction transaction, string statement)
    {
        var commands = Held.GetValue(connection, Hold);
        if (!commands.TryGetValue(statement, out var command))
            commands[statement] = command = dialect.Command(connection, transaction, statement);
        command.Transaction = transaction;
        command.Parameters.Clear();
        return command;
    }

    private static Dictionary<string, DbCommand> Hold(DbConnection connection)
    {
        connection.StateChange += LetGo;
        return new Dictionary<string, DbCommand>(StringComparer.Ordinal);
    }

    private static void LetGo(object sender, StateChangeEventArgs change)
    {
        var connection = (DbConnection)sender;
        if (change.CurrentState == ConnectionState.Open || !Held.TryGetValue(connection, out var commands))
            return;
        connection.StateChange -= LetGo;
        Held.Remove(connection);
        foreach (var command in commands.Values)
            command.Dispose();
    }
}
