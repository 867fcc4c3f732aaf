namespace LtiMicroCred.DemoLms.Tests;

public sealed class FormulaTests
{
    [Theory]
    [InlineData("=1+2*3", 7)]
    [InlineData("=(1+2)*3", 9)]
    [InlineData("=10-4-3", 3)]
    [InlineData("=12/4/3", 1)]
    [InlineData("=-2*-3", 6)]
    [InlineData("= 0.5 * 3 ", 1.5)]
    [InlineData("=1+1>1", 1)]
    [InlineData("=2>=2", 1)]
    [InlineData("=2<>2", 0)]
    [InlineData("=2=2", 1)]
    [InlineData("=if(1>2,100,if(3>2,50,0))", 50)]
    [InlineData("=if(1;1;1/0)", 1)]
    [InlineData("=sum(1,2,3)", 6)]
    [InlineData("=AVERAGE(1;2;6)", 3)]
    [InlineData("=min(3,1,2)+max(3,1,2)", 4)]
    public void Numbers_follow_the_usual_precedence(string text, double expected) =>
        Formula.Parse(text).Evaluate(_ => null).ShouldBe((decimal)expected);

    [Fact]
    public void References_are_read_by_id_number()
    {
        var formula = Formula.Parse("=[[quiz1]]*0.4+[[essay 2]]*0.6");
        formula.References.ShouldBe(["quiz1", "essay 2"], ignoreOrder: true);
        formula.Evaluate(idNumber => idNumber == "quiz1" ? 50 : 100).ShouldBe(80);
    }

    [Fact]
    public void No_grade_at_all_gives_no_result() =>
        Formula.Parse("=if([[a]]>=60,100,[[b]])").Evaluate(_ => null).ShouldBeNull();

    [Fact]
    public void An_empty_grade_beside_another_counts_as_zero() =>
        Formula.Parse("=[[a]]+[[b]]").Evaluate(idNumber => idNumber == "a" ? 7 : null).ShouldBe(7);

    [Theory]
    [InlineData("=[[a]]/([[a]]-[[a]])")]
    [InlineData("=[[a]]*79228162514264337593543950335")]
    public void What_cannot_be_computed_gives_no_result(string text) => Formula.Parse(text).Evaluate(_ => 5).ShouldBeNull();

    [Theory]
    [InlineData("", "begins with =")]
    [InlineData("[[quiz1]]", "begins with =")]
    [InlineData("=", "missing at the end")]
    [InlineData("=1+", "missing at the end")]
    [InlineData("=(1", ") is missing")]
    [InlineData("=1)", "does not belong here")]
    [InlineData("=1 2", "does not belong here")]
    [InlineData("=[[quiz1", "]] is missing")]
    [InlineData("=[[ ]]", "ID number is missing")]
    [InlineData("=1.2.3", "not a number")]
    [InlineData("=delete(1)", "no function")]
    [InlineData("=if(1,2)", "if wants")]
    [InlineData("=$", "does not belong here")]
    public void Mistakes_are_told(string text, string about) =>
        Should.Throw<GradebookException>(() => Formula.Parse(text)).Message.ShouldContain(about);

    [Fact]
    public void Endless_nesting_is_refused() =>
        Should.Throw<GradebookException>(() => Formula.Parse("=" + new string('(', 400) + "1" + new string(')', 400))).Message.ShouldContain("nested");

    [Fact]
    public void Too_long_is_refused() => Should.Throw<GradebookException>(() => Formula.Parse("=1" + new string(' ', 1000)));
}
