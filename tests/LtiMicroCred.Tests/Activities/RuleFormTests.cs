using LtiMicroCred.Features.Activities;
using LtiMicroCred.Texts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Tests.Activities;

/// <summary>What is typed becomes a rule, or says what is wrong and where.</summary>
public sealed class RuleFormTests
{
    [Fact]
    public void Each_assessment_has_a_number_of_its_own_whatever_the_form_says()
    {
        var (rule, errors) = Read(2, Row("Quiz", "60", "2"), Row("Essay", "70", "2"), Row("Talk", "50", "7"), Row("Poster", "50", null));
        errors.ShouldBeEmpty();
        rule.ShouldNotBeNull().Assessments.Select(a => (a.Name, a.Number)).ShouldBe([("Quiz", 2), ("Essay", 3), ("Talk", 4), ("Poster", 5)]);
    }

    [Fact]
    public void Two_rows_that_are_wrong_alike_are_both_told()
    {
        var (rule, errors) = Read(0, Row("", "0", null), Row("", "0", null));
        rule.ShouldBeNull();
        errors.Keys.ShouldBe(["name-0", "value-0", "name-1", "value-1"], ignoreOrder: true);
    }

    [Fact]
    public void A_blank_row_between_is_left_out_and_the_others_keep_their_places()
    {
        var (_, errors) = Read(0, Row("Quiz", "60", null), Row("", "", null), Row("Essay", "101", null));
        errors.Keys.ShouldBe(["value-2"]);
    }

    private static AssessmentForm Row(string name, string value, string? number) => new() { Name = name, Value = value, Number = number };

    private static (Features.Awards.PassRule? Rule, Dictionary<string, string> Errors) Read(int highest, params AssessmentForm[] rows)
    {
        using var services = new ServiceCollection().AddLogging().AddLocalization().BuildServiceProvider();
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        return (new RuleForm { Assessments = [.. rows] }.Read(highest, errors, services.GetRequiredService<IStringLocalizer<Words>>()), errors);
    }
}
