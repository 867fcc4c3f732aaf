using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests.Databases;

/// <summary>What sql/sqlserver/permissions.sql gives the server is what the server does, and no more.</summary>
public sealed partial class PermissionTests
{
    // Nobody writes the guard; "migrate" alone writes the history.
    private static readonly string[] s_notTheServers = ["TruncateGuard", "SchemaMigration"];

    [Fact]
    public void Every_table_of_the_schema_is_in_the_script()
    {
        var granted = Granted("LtiMicroCredApp").Select(g => g.Table).Distinct(StringComparer.Ordinal);

        granted.Order(StringComparer.Ordinal).ShouldBe(SqlServerScripts.Tables().Keys.Where(table => table != "TruncateGuard").Append("SchemaMigration").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_the_server_does_to_a_table_is_granted_and_nothing_else()
    {
        var done = Statements().SelectMany(text => Writes().Matches(text))
            .Select(write => $"{write.Groups["table"].Value} {write.Groups["verb"].Value}")
            .Where(write => !s_notTheServers.Contains(write.Split(' ')[0], StringComparer.Ordinal))
            .Distinct(StringComparer.Ordinal);
        var granted = Granted("LtiMicroCredApp").Where(g => g.Permission != "SELECT").Select(g => $"{g.Table} {g.Permission}");

        granted.Order(StringComparer.Ordinal).ShouldBe(done.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_of_the_ledger_may_be_changed_but_the_head_whose_name_stays()
    {
        var changes = Granted("LtiMicroCredApp").Concat(Granted("LtiMicroCredAuditor"))
            .Where(g => g.Permission is not ("SELECT" or "INSERT") && (g.Table.StartsWith("Ledger", StringComparison.Ordinal) || g.Table == "AchievementVersion"));

        changes.ShouldBe([("LedgerHead", "UPDATE", "Size, Frontier, Root")]);
        foreach (var table in new[] { "LedgerEntry", "LedgerTile", "LedgerCheckpoint", "AchievementVersion" })
            SqlServerScripts.Permissions.ShouldContain($"DENY UPDATE, DELETE, ALTER, TAKE OWNERSHIP ON dbo.{table} TO LtiMicroCredApp;");
    }

    [Fact]
    public void The_auditor_reads_alone_and_neither_names_nor_secrets()
    {
        var granted = Granted("LtiMicroCredAuditor").ToList();

        granted.ShouldAllBe(g => g.Permission == "SELECT");
        granted.Single(g => g.Table == "LearnerProfile").Columns.ShouldBe("LearnerId, SubjectKey");
        granted.Single(g => g.Table == "LogKey").Columns.ShouldNotContain("Sealed");
        granted.ShouldNotContain(g => g.Table == "ToolKey" || g.Table == "ProtectionKey");
    }

    [Fact]
    public void Columns_named_in_the_script_are_columns_of_the_schema()
    {
        var tables = SqlServerScripts.Tables();
        foreach (var grant in Granted("LtiMicroCredApp").Concat(Granted("LtiMicroCredAuditor")).Where(g => g.Columns.Length > 0))
        {
            foreach (var column in grant.Columns.Split(", "))
                tables[grant.Table].ContainsKey(column).ShouldBeTrue($"{grant.Table}.{column}");
        }
    }

    private static IEnumerable<(string Table, string Permission, string Columns)> Granted(string role)
    {
        foreach (var grant in Grants().Matches(SqlServerScripts.Comments().Replace(SqlServerScripts.Permissions, "")).Where(g => g.Groups["role"].Value == role))
        {
            foreach (Match permission in Permissions().Matches(grant.Groups["permissions"].Value))
                yield return (grant.Groups["table"].Value, permission.Groups["name"].Value, permission.Groups["columns"].Value);
        }
    }

    /// <summary>Every text in the program, among them all its SQL, and the SQL of the ledger.</summary>
    private static IEnumerable<string> Statements()
    {
        using var file = new PEReader(File.OpenRead(typeof(Database).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var texts = new List<string>(SqlServerScripts.LedgerStatements);
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
            texts.Add(metadata.GetUserString(handle));
        texts.Count.ShouldBeGreaterThan(1000);
        return texts;
    }

    [GeneratedRegex(@"GRANT (?<permissions>[^;]+?) ON dbo\.(?<table>\w+) TO (?<role>\w+);", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grants();

    [GeneratedRegex(@"(?<name>SELECT|INSERT|UPDATE|DELETE)( \((?<columns>[^)]*)\))?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Permissions();

    [GeneratedRegex(@"\b(?<verb>INSERT)\s+INTO\s+(?<table>[A-Z]\w+)|\b(?<verb>UPDATE)\s+(?<table>[A-Z][a-z]\w*)\s+SET\b|\b(?<verb>DELETE)\s+FROM\s+(?<table>[A-Z]\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Writes();
}
