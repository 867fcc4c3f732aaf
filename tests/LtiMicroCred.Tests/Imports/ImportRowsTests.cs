using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Imports;

namespace LtiMicroCred.Tests.Imports;

/// <summary>Whose a row is and what it says: each row by itself, and never a guess.</summary>
public sealed class ImportRowsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    private static readonly IReadOnlyList<CoursePerson> s_people =
    [
        Person("7", "Ana Silva", "ana@uni.example"),
        Person("8", "Bo Ek", "bo@uni.example"),
        Person("9", "Cy Dee", "twin@uni.example"),
        Person("10", "Cy Dee", "twin@uni.example"),
        Person("11", "Left Long Ago", "left@uni.example", mayEarn: false),
        Person("12", "Teacher Who Learns", "both@uni.example") with { BringsIt = true },
    ];

    [Theory]
    [InlineData("id,score,max\n7,12,20", "7")]
    [InlineData("User_ID ,Grade,Out of\n 7 ,12,20", "7")]
    [InlineData("email,score,max\nANA@uni.example,12,20", "7")]
    [InlineData("name,score,max\n ana  SILVA ,12,20", "7")]
    [InlineData("First name,Last name,score,max\nAna,Silva,12,20", "7")]
    [InlineData("email,id,score,max\nana@uni.example,7,12,20", "7")]
    public void A_row_finds_its_learner(string text, string subject) => Read(text).ShouldHaveSingleItem().Subject.ShouldBe(subject);

    [Theory]
    [InlineData("id,score,max\n07,12,20", "IdUnknown")]
    [InlineData("id,score,max\nana@uni.example,12,20", "IdUnknown")]
    [InlineData("id,score,max\n,12,20", "Unnamed")]
    [InlineData("id,score,max\n11,12,20", "NotALearner")]
    [InlineData("id,score,max\n12,12,20", "Oneself")]
    [InlineData("email,score,max\ntwin@uni.example,12,20", "Ambiguous")]
    [InlineData("name,score,max\nCy Dee,12,20", "Ambiguous")]
    [InlineData("name,score,max\nAna,12,20", "NameUnknown")]
    [InlineData("email,score,max\nnobody@uni.example,12,20", "EmailUnknown")]
    [InlineData("id,email,score,max\n7,bo@uni.example,12,20", "Contradiction")]
    [InlineData("id,name,score,max\n7,Bo Ek,12,20", "Contradiction")]
    [InlineData("id,score,max\n7,,20", "NoScore")]
    [InlineData("id,score,max\n7,-,20", "NoScore")]
    [InlineData("id,score,max\n7", "NoScore")]
    [InlineData("id,score,max\n7,\"7,5\",20", "NumberBetter")]
    [InlineData("id,score,max\n7,=1+1,20", "Number")]
    [InlineData("id,score,max\n7,12,", "NoMaximum")]
    [InlineData("id,score,max\n7,0,0", "NoMaximum")]
    [InlineData("id,score,max\n7,21,20", "TooMuch")]
    [InlineData("id,score,max,graded at\n7,12,20,23/11/2026", "Time")]
    [InlineData("id,score,max,graded at\n7,12,20,2026-11-24", "Future")]
    [InlineData("id,score,max,supervision\n7,12,20,4", "Supervision")]
    public void A_row_that_is_not_sure_is_refused_and_says_why(string text, string kind)
    {
        var rows = Read(text);
        var row = rows.ShouldHaveSingleItem();
        row.Refusal.ShouldNotBeNull().Kind.ShouldBe(kind);
        row.Counts.ShouldBeFalse();
    }

    [Fact]
    public void The_same_learner_twice_is_entered_once()
    {
        var rows = Read("id,score,max\n7,x,20\n7,12,20\n7,19,20\n8,1,20");
        rows.Select(r => r.Refusal?.Kind).ShouldBe(["Number", null, "Twice", null]);
        rows[2].Refusal!.Told.ShouldBe(["3"]);
    }

    [Fact]
    public void All_that_a_row_tells_is_read()
    {
        var row = Read("id;score;max;graded at;submitted at;supervision\n7;7,5;10;2026-11-20 10:30+01:00;2026-11-19;identity checked").ShouldHaveSingleItem();
        (row.Refusal, row.Score, row.Maximum, row.Supervision).ShouldBe((null, 7.5m, 10m, Supervision.IdentityChecked));
        (row.GradedAt, row.SubmittedAt).ShouldBe((new DateTimeOffset(2026, 11, 20, 9, 30, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 19, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void A_maximum_that_was_typed_is_for_the_rows_that_have_none()
    {
        var file = CsvFile.Read("id,score,max\n7,12,\n8,12,15").File!;
        ImportRows.Of(file, CsvColumns.Of(file.Headings, null), NamedBy.Id, 20, s_people, s_now).Select(r => r.Maximum).ShouldBe([20, 15]);
    }

    private static IReadOnlyList<ImportRow> Read(string text)
    {
        var file = CsvFile.Read(text).File.ShouldNotBeNull();
        var columns = CsvColumns.Of(file.Headings, score: null);
        return ImportRows.Of(file, columns, columns.Surest.ShouldNotBeNull(), maximum: null, s_people, s_now);
    }

    private static CoursePerson Person(string subject, string name, string email, bool mayEarn = true) =>
        new() { LearnerId = Guid.NewGuid(), Subject = subject, Name = name, Email = email, MayEarn = mayEarn };
}
