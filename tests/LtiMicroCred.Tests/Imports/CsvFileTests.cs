using System.Security.Cryptography;
using System.Text;
using LtiMicroCred.Features.Imports;

namespace LtiMicroCred.Tests.Imports;

/// <summary>Files as spreadsheets write them, and as somebody writes them who means harm.</summary>
public sealed class CsvFileTests
{
    [Theory]
    [InlineData("id,score\n7,5", ',')]
    [InlineData("id;score\n7;5", ';')]
    [InlineData("id\tscore\n7\t5", '\t')]
    [InlineData("id;score;Comment, if any\r\n7;5;none", ';')]
    public void The_separator_is_found_out(string text, char separator)
    {
        var file = CsvFile.Read(text).File.ShouldNotBeNull();
        (file.Separator, file.Lines[0].Cell(0), file.Lines[0].Cell(1)).ShouldBe((separator, "7", "5"));
    }

    [Fact]
    public void Every_encoding_of_a_spreadsheet_gives_the_same_names()
    {
        const string text = "name,score\nŻółkiewski,5";
        byte[][] written =
        [
            Encoding.UTF8.GetBytes(text), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)], [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)], [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text)],
        ];
        foreach (var bytes in written)
            CsvText.Of(bytes).ShouldBe(new CsvText(text, IsGuessed: false));
    }

    [Fact]
    public void What_is_not_UTF_8_is_read_as_Windows_1252_and_said_to_be()
    {
        CsvText.Of("name,score\nJos\u00e9,5"u8[..13].ToArray().Concat((byte[])[0xE9, (byte)',', (byte)'5']).ToArray()).ShouldNotBeNull().IsGuessed.ShouldBeTrue();
        CsvText.Of([0x4A, 0x6F, 0x73, 0xE9, 0x80]).ShouldBe(new CsvText("José€", IsGuessed: true));
    }

    [Fact]
    public void What_holds_NULs_is_no_text() => CsvText.Of("id,score\n7,\05"u8).ShouldBeNull();

    [Fact]
    public void Rows_are_numbered_as_a_spreadsheet_does_and_hashed_as_they_stand()
    {
        var lines = CsvFile.Read("\uFEFFid,name\n1,\"Ana\nMaria\"\n\n,\n2,\"B\"\"o\"\r\n").File.ShouldNotBeNull().Lines;
        lines.Select(l => (l.Number, l.Cell(1))).ShouldBe([(2, "Ana\nMaria"), (5, "B\"o")]);
        lines[1].Hash.ShouldBe(SHA256.HashData("2,\"B\"\"o\""u8));
    }

    [Theory]
    [InlineData("", "Nothing")]
    [InlineData("\n\n", "Nothing")]
    [InlineData("id,score", "NoRows")]
    [InlineData("id,score\n1,\"5\n2,6\n3,7\n", "Quotes")]
    public void A_file_that_tells_nothing_is_refused(string text, string problem) => CsvFile.Read(text).Problem.ShouldBe(Enum.Parse<FileProblem>(problem));

    [Fact]
    public void A_million_columns_and_a_million_rows_are_refused()
    {
        CsvFile.Read("id,score\n1,5" + new string(',', 1_000_000)).Problem.ShouldBe(FileProblem.TooManyColumns);
        CsvFile.Read(new string(',', 1_000_000)).Problem.ShouldBe(FileProblem.TooManyColumns);
        CsvFile.Read("id,score\n" + string.Concat(Enumerable.Repeat("1,5\n", CsvFile.MostLines))).Problem.ShouldBeNull();
        CsvFile.Read("id,score\n" + string.Concat(Enumerable.Repeat("1,5\n", CsvFile.MostLines + 1))).Problem.ShouldBe(FileProblem.TooManyRows);
    }

    [Theory]
    [InlineData("7.5", false, "7.5")]
    [InlineData("0.100000000000000000", false, "0.1")]
    [InlineData("1.000", false, "1")]
    [InlineData("7,5", true, "7.5")]
    [InlineData("7.5", true, "7.5")]
    [InlineData(" 12 ", true, "12")]
    [InlineData("7,5", false, null)]
    [InlineData("1,000", false, null)]
    [InlineData("1.000", true, null)] // one, or a thousand
    [InlineData("1.000,5", true, null)]
    [InlineData("-3", false, null)]
    [InlineData("+3", false, null)]
    [InlineData("1e3", false, null)]
    [InlineData("=5+5", false, null)]
    [InlineData("72%", false, null)]
    [InlineData("٧", false, null)]
    [InlineData("99999999999999999999", false, null)]
    [InlineData("123456789012345678.123456789012345678", false, null)] // a decimal would round it
    [InlineData("7.5\n", false, "7.5")]
    public void A_number_is_read_exactly_or_not_at_all(string written, bool commaIsDecimal, string? number) =>
        CsvNumber.Read(written, commaIsDecimal).ShouldBe(number is null ? null : decimal.Parse(number, System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("7,5", "7.5")]
    [InlineData("72%", "72")]
    [InlineData("1,000", null)] // nobody knows which
    [InlineData("seven", null)]
    public void How_to_write_it_is_said_where_that_is_plain(string written, string? better) => CsvNumber.Better(written).ShouldBe(better);

    [Fact]
    public void Our_own_file_becomes_no_formula_in_a_spreadsheet_and_reads_back()
    {
        var bytes = ExampleFile.Of(
        [
            new CoursePerson { LearnerId = Guid.NewGuid(), Subject = "-7", Name = "=HYPERLINK(\"http://x\",\"y\")", MayEarn = true },
            new CoursePerson { LearnerId = Guid.NewGuid(), Subject = "8", Name = "佐藤 美咲", MayEarn = true },
            new CoursePerson { LearnerId = Guid.NewGuid(), Subject = "9", Name = "Gone", MayEarn = false },
        ]);

        Encoding.UTF8.GetString(bytes).Split("\r\n").ShouldBe(["\uFEFFUser ID,Name,Score,Maximum", "\"'-7\",\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",,", "8,佐藤 美咲,,", ""]);
        var file = CsvFile.Read(CsvText.Of(bytes)!.Text).File.ShouldNotBeNull();
        file.Lines.Select(l => l.Cell(0)).ShouldBe(["-7", "8"]);
        var columns = CsvColumns.Of(file.Headings, score: null);
        (columns.Id, columns.Name, columns.Score, columns.Maximum).ShouldBe((0, 1, 2, 3));
    }
}
