using System.Security.Cryptography;
using CsvHelper;

namespace LtiMicroCred.Features.Imports;

/// <summary>Why nothing of a file can be used.</summary>
internal enum FileProblem
{
    /// <summary>There is neither a file nor a text.</summary>
    Nothing,
    TooLarge,
    TooManyRows,
    TooManyColumns,

    /// <summary>A picture, a spreadsheet's own format, or the like.</summary>
    NotText,

    /// <summary>A quotation mark is opened and never closed.</summary>
    Quotes,

    /// <summary>Headings and nothing below them.</summary>
    NoRows,

    /// <summary>No column tells whose a row is, or not the one that was asked for.</summary>
    NoPerson,
    NoScore,

    /// <summary>The file does not say out of how much, and nobody typed it.</summary>
    NoMaximum,
}

/// <summary>One row below the headings.</summary>
/// <param name="Number">As a spreadsheet counts: the headings are row 1.</param>
/// <param name="Hash">SHA-256 over the UTF-8 of the row as it stands in the file, without its end.</param>
internal sealed record CsvLine(int Number, IReadOnlyList<string> Cells, byte[] Hash)
{
    /// <summary>Empty where the row has no such cell. What our own example file hides from spreadsheets is shown again.</summary>
    public string Cell(int at)
    {
        var cell = at >= 0 && at < Cells.Count ? Cells[at].Trim() : "";
        return cell is ['\'', '=' or '+' or '-' or '@', ..] ? cell[1..] : cell;
    }
}

/// <summary>A text as rows and columns (RFC 4180, parted by commas, semicolons or tabs).</summary>
internal sealed record CsvFile(char Separator, IReadOnlyList<string> Headings, IReadOnlyList<CsvLine> Lines)
{
    public const int MostBytes = 2 * 1024 * 1024, MostLines = 20_000, MostColumns = 200;

    private const string Separators = ",;\t";

    /// <summary>Where commas part the columns a comma cannot be a decimal sign.</summary>
    public bool CommaIsDecimal => Separator != ',';

    public static (CsvFile? File, FileProblem? Problem) Read(string text)
    {
        var separator = SeparatorOf(text);
        var lines = new List<CsvLine>();
        string[]? headings = null;
        using var reader = CsvReader.FromText(text.TrimStart('\uFEFF'), new CsvReaderOptions
        {
            Separator = separator,
            HasHeader = false,
            SkipEmptyLines = false,
            // A quotation mark that is never closed swallows all the rows below it.
            MalformedData = CsvMalformedDataHandling.Throw,
        });
        try
        {
            while (reader.Read())
            {
                if (reader.FieldCount > MostColumns)
                    return (null, FileProblem.TooManyColumns);
                var cells = reader.Current.ToArray();
                if (Array.TrueForAll(cells, string.IsNullOrWhiteSpace))
                    continue;
                if (headings is null)
                    headings = cells;
                else if (lines.Count == MostLines)
                    return (null, FileProblem.TooManyRows);
                else
                    lines.Add(new CsvLine((int)reader.RowNumber, cells, SHA256.HashData(reader.RawRecord)));
            }
        }
        catch (CsvFormatException)
        {
            return (null, FileProblem.Quotes);
        }

        return headings is null ? (null, FileProblem.Nothing) : lines.Count == 0 ? (null, FileProblem.NoRows) : (new CsvFile(separator, headings, lines), null);
    }

    /// <summary>Whatever parts the headings most often.</summary>
    private static char SeparatorOf(string text)
    {
        var first = text.AsSpan().TrimStart("\uFEFF\r\n ");
        var end = first.IndexOfAny('\r', '\n');
        var line = (end < 0 ? first : first[..end]).ToString();
        return Separators.MaxBy(sign => line.Count(c => c == sign));
    }
}
