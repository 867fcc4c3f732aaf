using CsvHelper;

namespace LtiMicroCred.Features.Imports;

/// <summary>A file to fill in: the course's learners, each with an empty score. Names are what an LMS sends: none of them becomes a spreadsheet's formula.</summary>
internal static class ExampleFile
{
    public static byte[] Of(IEnumerable<CoursePerson> people)
    {
        using var bytes = new MemoryStream();
        // Spreadsheets take a file without a byte order mark for something else than UTF-8.
        using (var writer = CsvWriter.Create(bytes, new CsvWriterOptions { Injection = CsvInjection.Escape, WriteByteOrderMark = true }, leaveOpen: true))
        {
            writer.WriteRecord(["User ID", "Name", "Score", "Maximum"]);
            foreach (var person in people.Where(p => p.MayEarn))
                writer.WriteRecord([person.Subject, person.Name ?? "", "", ""]);
        }

        return bytes.ToArray();
    }
}
