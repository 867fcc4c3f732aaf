using System.Text.RegularExpressions;

namespace LtiMicroCred.Tests.Databases;

/// <summary>The scripts for SQL Server as text, and the tables that they leave.</summary>
internal static partial class SqlServerScripts
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "sql", "sqlserver");

    public static IReadOnlyList<(string Name, string Text)> Steps { get; } =
        [.. Directory.EnumerateFiles(s_folder, "0*.sql").Order(StringComparer.Ordinal).Select(path => (Path.GetFileNameWithoutExtension(path), Read(path)))];

    public static string Permissions { get; } = Read(Path.Combine(s_folder, "permissions.sql"));

    public static IEnumerable<string> LedgerStatements => Directory.EnumerateFiles(Path.Combine(s_folder, "ledger"), "*.sql").Select(Read);

    public static IEnumerable<string> Batches(string text) => text.Split("\nGO\n").Select(batch => batch.Trim()).Where(batch => batch.Length > 0);

    /// <summary>Of each table its columns, and whether they may be NULL.</summary>
    public static SortedDictionary<string, SortedDictionary<string, bool>> Tables()
    {
        var tables = new SortedDictionary<string, SortedDictionary<string, bool>>(StringComparer.Ordinal);
        foreach (var batch in Steps.SelectMany(step => Batches(Comments().Replace(step.Text, ""))))
        {
            if (Create().Match(batch) is { Success: true } create)
                Add(tables[create.Groups["table"].Value] = new(StringComparer.Ordinal), create.Groups["body"].Value);
            else if (Drop().Match(batch) is { Success: true } drop)
                tables.Remove(drop.Groups["table"].Value);
            else if (DropColumn().Match(batch) is { Success: true } column)
                tables[column.Groups["table"].Value].Remove(column.Groups["column"].Value).ShouldBeTrue(batch);
            else if (AddColumns().Match(batch) is { Success: true } added)
                Add(tables[added.Groups["table"].Value], added.Groups["body"].Value);
        }

        return tables;
    }

    private static void Add(SortedDictionary<string, bool> columns, string body)
    {
        foreach (var part in TopLevel(body).Where(part => !Constraint().IsMatch(part)))
            columns.Add(part[..part.IndexOf(' ', StringComparison.Ordinal)], !part.Contains("NOT NULL", StringComparison.Ordinal));
    }

    private static IEnumerable<string> TopLevel(string body)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i <= body.Length; i++)
        {
            if (i == body.Length || (body[i] == ',' && depth == 0))
            {
                yield return body[start..i].Trim();
                start = i + 1;
            }
            else if (body[i] is '(' or ')')
            {
                depth += body[i] == '(' ? 1 : -1;
            }
        }
    }

    private static string Read(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");

    [GeneratedRegex(@"--[^\n]*|/\*.*?\*/", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    public static partial Regex Comments();

    [GeneratedRegex(@"^CREATE TABLE (?<table>\w+) \((?<body>.*)\)\s*;?$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex Create();

    [GeneratedRegex(@"^DROP TABLE (?<table>\w+);?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Drop();

    [GeneratedRegex(@"^ALTER TABLE (?<table>\w+) DROP COLUMN (?<column>\w+);?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DropColumn();

    [GeneratedRegex(@"^ALTER TABLE (?<table>\w+) ADD\s(?<body>.*?);?$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex AddColumns();

    [GeneratedRegex(@"^(CONSTRAINT|PRIMARY|UNIQUE|FOREIGN|CHECK)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Constraint();
}
