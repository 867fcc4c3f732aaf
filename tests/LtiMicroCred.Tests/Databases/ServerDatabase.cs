using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.Data.SqlClient;

namespace LtiMicroCred.Tests.Databases;

/// <summary>A database of its own on the server that the tests are given, with the tables that <c>migrate</c> makes, and a master key beside it.</summary>
internal sealed class ServerDatabase : IAsyncDisposable
{
    private readonly string _server, _name = $"product_{Guid.NewGuid():N}", _folder = Directory.CreateTempSubdirectory("ltimicrocred-test-").FullName;

    private ServerDatabase(string server) => _server = server;

    public string ConnectionString => new SqlConnectionStringBuilder(_server) { InitialCatalog = _name }.ConnectionString;

    public string MasterKeyFile => Path.Combine(_folder, "masterkey");

    public static async Task<ServerDatabase> CreateAsync(string server)
    {
        var made = new ServerDatabase(server);
        await made.OnServerAsync("CREATE DATABASE " + made._name);
        using var database = new Database(new DatabaseSettings(LedgerEngine.SqlServer, made.ConnectionString));
        await new Migrations(database, TimeProvider.System).ApplyAsync(CancellationToken.None);
        await File.WriteAllTextAsync(made.MasterKeyFile, Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        return made;
    }

    private async Task OnServerAsync(string statement)
    {
        await using var connection = new SqlConnection(_server);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // a name of our own making
        command.CommandText = statement;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        SqlConnection.ClearAllPools();
        await OnServerAsync("DROP DATABASE IF EXISTS " + _name);
        Directory.Delete(_folder, recursive: true);
    }
}
