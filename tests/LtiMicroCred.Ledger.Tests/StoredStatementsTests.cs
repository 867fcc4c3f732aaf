using System.Reflection;
using Microsoft.Data.SqlClient;

namespace LtiMicroCred.Ledger.Tests;

public sealed class StoredStatementsTests
{
    [Fact]
    public void Both_engines_have_the_same_statements()
    {
        var names = typeof(LedgerLog).Assembly.GetManifestResourceNames();
        string[] sqlite = [.. Of("sqlite.", names)], sqlServer = [.. Of("sqlserver.", names)];

        sqlite.ShouldNotBeEmpty();
        sqlite.ShouldBe(sqlServer);
    }

    [Fact]
    public void The_assembly_that_the_sql_client_loads_for_parameters_is_there()
    {
        var wanted = typeof(SqlConnection).Assembly.GetReferencedAssemblies().Single(name => name.Name == "Microsoft.SqlServer.Server");

        Assembly.Load(wanted).GetType("Microsoft.SqlServer.Server.IBinarySerialize").ShouldNotBeNull();
    }

    [Fact]
    public void The_library_knows_no_database_driver() =>
        typeof(LedgerLog).Assembly.GetReferencedAssemblies().ShouldAllBe(name => name.Name!.StartsWith("System.", StringComparison.Ordinal));

    private static IEnumerable<string> Of(string engine, string[] names) =>
        names.Where(name => name.StartsWith(engine, StringComparison.Ordinal)).Select(name => name[engine.Length..]).Order(StringComparer.Ordinal);
}
