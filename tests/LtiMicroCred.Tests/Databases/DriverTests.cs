using System.Data;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.Data.SqlClient;

namespace LtiMicroCred.Tests.Databases;

/// <summary>
/// The driver has everything that our use of it touches, also what is only loaded by the first command that goes to a server: without the assembly that
/// src/Shims stands in for, these fail.
/// </summary>
public sealed class DriverTests
{
    private const string StandIn = "Microsoft.SqlServer.Server";
    private const string Nowhere = "Server=tcp:127.0.0.1,1;Database=LtiMicroCred;User ID=nobody;Password=none;Connect Timeout=5";

    [Fact]
    public void Every_type_that_the_driver_wants_of_the_stand_in_is_there()
    {
        using var file = new PEReader(File.OpenRead(typeof(SqlConnection).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var wanted = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Where(type => type.ResolutionScope.Kind == HandleKind.AssemblyReference
                && metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name) == StandIn)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")
            .ToList();
        var standIn = Assembly.Load(typeof(SqlConnection).Assembly.GetReferencedAssemblies().Single(name => name.Name == StandIn));

        wanted.Count.ShouldBeGreaterThan(3);
        foreach (var type in wanted)
            standIn.GetType(type).ShouldNotBeNull(type);
    }

    /// <summary>Compiling a method loads whatever it refers to, as its first call would.</summary>
    [Theory]
    [InlineData("SqlConnection")]
    [InlineData("SqlConnectionStringBuilder")]
    [InlineData("SqlCommand")]
    [InlineData("SqlParameter")]
    [InlineData("SqlParameterCollection")]
    [InlineData("SqlDataReader")]
    [InlineData("SqlTransaction")]
    [InlineData("SqlException")]
    [InlineData("SqlError")]
    [InlineData("MetaType")]
    [InlineData("TdsParser")]
    [InlineData("TdsParserStateObject")]
    public void Every_method_of_the_drivers_that_a_command_goes_through_can_be_loaded(string name)
    {
        var type = typeof(SqlConnection).Assembly.GetType($"Microsoft.Data.SqlClient.{name}").ShouldNotBeNull(name);
        var methods = type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsAbstract && !method.ContainsGenericParameters && method.GetMethodBody() is not null)
            .ToList();

        methods.ShouldNotBeEmpty();
        foreach (var method in methods)
            Should.NotThrow(() => RuntimeHelpers.PrepareMethod(method.MethodHandle), method.Name);
    }

    [Theory]
    [InlineData(DbType.Guid, SqlDbType.UniqueIdentifier)]
    [InlineData(DbType.DateTimeOffset, SqlDbType.DateTimeOffset)]
    [InlineData(DbType.DateTime2, SqlDbType.DateTime2)]
    [InlineData(DbType.Decimal, SqlDbType.Decimal)]
    [InlineData(DbType.Boolean, SqlDbType.Bit)]
    [InlineData(DbType.Int32, SqlDbType.Int)]
    [InlineData(DbType.Int64, SqlDbType.BigInt)]
    [InlineData(DbType.Binary, SqlDbType.VarBinary)]
    [InlineData(DbType.String, SqlDbType.NVarChar)]
    [InlineData(DbType.AnsiString, SqlDbType.VarChar)]
    public async Task A_parameter_of_each_kind_that_is_used_can_be_made(DbType type, SqlDbType expected)
    {
        await using var command = new SqlCommand("SELECT @value");
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType, parameter.Value) = ("@value", type, DBNull.Value);
        command.Parameters.Add(parameter);

        command.Parameters.Count.ShouldBe(1);
        parameter.SqlDbType.ShouldBe(expected);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_a_lost_connection_and_nothing_to_repeat_at_once()
    {
        using var database = new Database(new DatabaseSettings(LedgerEngine.SqlServer, Nowhere));

        var lost = await Should.ThrowAsync<SqlException>(() => database.OpenAsync(CancellationToken.None));

        lost.Errors.Count.ShouldBeGreaterThan(0);
        lost.IsConnectionLost().ShouldBeTrue();
        lost.IsTransient().ShouldBeFalse();
        lost.IsDuplicateKey().ShouldBeFalse();
        lost.LedgerFault().ShouldBeNull();
        lost.IsSnapshotIsolationOff().ShouldBeFalse();
    }

    [Fact]
    public void Connections_are_encrypted_and_have_one_result_at_a_time()
    {
        var remote = new SqlConnectionStringBuilder(Database.Remote("Server=db.example.edu;Database=LtiMicroCred;Integrated Security=true;MultipleActiveResultSets=true"));

        remote.Encrypt.ShouldBe(SqlConnectionEncryptOption.Mandatory);
        remote.TrustServerCertificate.ShouldBeFalse();
        remote.MultipleActiveResultSets.ShouldBeFalse();
        remote.Enlist.ShouldBeFalse();
        (remote.ApplicationName, remote.ConnectRetryCount, remote.ConnectRetryInterval).ShouldBe(("LtiMicroCred", 3, 5));
        remote.InitialCatalog.ShouldBe("LtiMicroCred");
    }

    [Fact]
    public void What_an_operator_set_about_connections_stays()
    {
        var remote = new SqlConnectionStringBuilder(Database.Remote("Server=db;Database=a;Integrated Security=true;Encrypt=Strict;Application Name=node7;Connect Retry Count=0;Connect Retry Interval=60"));

        remote.Encrypt.ShouldBe(SqlConnectionEncryptOption.Strict);
        (remote.ApplicationName, remote.ConnectRetryCount, remote.ConnectRetryInterval).ShouldBe(("node7", 0, 60));
    }
}
