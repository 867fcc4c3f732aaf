namespace LtiMicroCred.DemoLms.Tests;

public sealed class GradebookTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>
{
    private readonly Campus campus = moodle.Campus;

    private Gradebook Gradebook => campus.Gradebook;

    [Fact]
    public async Task Quiz_score_never_leaks_into_a_tools_columns()
    {
        var alone = await campus.MakeColumnAsync(await campus.Tool.TokenAsync(campus.Lms));
        var person = NewLearner("leak");
        campus.School.TakeQuiz(campus.Quiz, person, 5);

        Gradebook.GradeOf(campus.QuizColumn, person)!.Points.ShouldBe(100);
        Gradebook.GradeOf(campus.OwnColumn, person).ShouldBeNull();
        Gradebook.GradeOf(alone, person).ShouldBeNull();
    }

    [Fact]
    public void The_highest_attempt_counts()
    {
        var person = NewLearner("highest");
        foreach (var right in new[] { 2, 4, 3 })
            campus.School.TakeQuiz(campus.Quiz, person, right);
        Gradebook.GradeOf(campus.QuizColumn, person)!.Points.ShouldBe(80);
        campus.School.AttemptsOf(campus.Quiz, person).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Calculated_grades_follow_at_once_and_keep_their_time_when_they_stay()
    {
        var column = await CalculatedAsync("=if([[quiz1]]>=60,100,0)");
        var person = NewLearner("live");
        campus.School.TakeQuiz(campus.Quiz, person, 2);
        Gradebook.GradeOf(column, person)!.Points.ShouldBe(0);

        campus.School.TakeQuiz(campus.Quiz, person, 3);
        var passed = Gradebook.GradeOf(column, person)!;
        passed.Points.ShouldBe(100);
        campus.School.TakeQuiz(campus.Quiz, person, 5);
        Gradebook.GradeOf(column, person).ShouldBe(passed);

        Gradebook.SetGrade(campus.QuizColumn, person, 10);
        Gradebook.GradeOf(column, person)!.Points.ShouldBe(0);
    }

    [Fact]
    public async Task Formulas_over_formulas_follow_too()
    {
        var first = await CalculatedAsync("=[[quiz1]]/2");
        Gradebook.SetIdNumber(first, "half");
        var second = await CalculatedAsync("=[[half]]+10");
        var person = NewLearner("chain");
        campus.School.TakeQuiz(campus.Quiz, person, 5);
        Gradebook.GradeOf(second, person)!.Points.ShouldBe(60);
    }

    [Fact]
    public async Task Circles_are_refused()
    {
        var first = await CalculatedAsync("=[[quiz1]]");
        Gradebook.SetIdNumber(first, "circle1");
        Should.Throw<GradebookException>(() => Gradebook.SetFormula(first, "=[[circle1]]+1")).Message.ShouldContain("circle");
        var second = await CalculatedAsync("=[[circle1]]");
        Gradebook.SetIdNumber(second, "circle2");
        Should.Throw<GradebookException>(() => Gradebook.SetFormula(first, "=[[circle2]]")).Message.ShouldContain("circle");
    }

    [Fact]
    public void An_activitys_own_column_refuses_a_formula() =>
        Should.Throw<GradebookException>(() => Gradebook.SetFormula(campus.OwnColumn, "=[[quiz1]]")).Message.ShouldContain("belongs to an activity");

    [Fact]
    public async Task Unknown_id_numbers_are_refused()
    {
        var column = await campus.MakeColumnAsync(await campus.Tool.TokenAsync(campus.Lms));
        Should.Throw<GradebookException>(() => Gradebook.SetFormula(column, "=[[nobody]]")).Message.ShouldContain("nobody");
    }

    [Fact]
    public async Task Id_numbers_are_unique_and_stay_while_a_formula_uses_them()
    {
        var column = await CalculatedAsync("=[[quiz1]]");
        Should.Throw<GradebookException>(() => Gradebook.SetIdNumber(column, "quiz1")).Message.ShouldContain("Final quiz");
        Should.Throw<GradebookException>(() => Gradebook.SetIdNumber(campus.QuizColumn, "other")).Message.ShouldContain("uses the ID number");
    }

    [Fact]
    public void An_override_stays_until_it_is_released()
    {
        var person = NewLearner("override");
        campus.School.TakeQuiz(campus.Quiz, person, 1);
        Gradebook.SetGrade(campus.QuizColumn, person, 90);
        campus.School.TakeQuiz(campus.Quiz, person, 2);
        Gradebook.GradeOf(campus.QuizColumn, person)!.Points.ShouldBe(90);

        Gradebook.ReleaseGrade(campus.QuizColumn, person);
        Gradebook.GradeOf(campus.QuizColumn, person)!.Points.ShouldBe(40);
    }

    [Fact]
    public void Grades_outside_the_column_are_refused()
    {
        Should.Throw<GradebookException>(() => Gradebook.SetGrade(campus.QuizColumn, campus.Learner, 101));
        Should.Throw<GradebookException>(() => Gradebook.SetGrade(campus.QuizColumn, campus.School.Person("instructor"), 50));
    }

    [Fact]
    public void Restriction_lets_in_who_meets_it_and_lets_go_who_no_longer_does()
    {
        var link = campus.AddLink("Gated", graded: true);
        campus.School.Restrict(link, new Restriction(campus.Quiz.ColumnId, 60));
        var person = NewLearner("gate");
        campus.School.MayOpen(link, person).ShouldBeFalse();
        campus.School.MayOpen(link, campus.School.Person("instructor")).ShouldBeTrue();

        Gradebook.SetGrade(campus.QuizColumn, person, 60);
        campus.School.MayOpen(link, person).ShouldBeTrue();
        Gradebook.SetGrade(campus.QuizColumn, person, 59.99999m);
        campus.School.MayOpen(link, person).ShouldBeFalse();
    }

    [Fact]
    public void Who_left_the_course_may_open_nothing()
    {
        var person = NewLearner("left");
        campus.School.MayOpen(campus.Link, person).ShouldBeTrue();
        campus.School.RemoveMember(campus.Course, person);
        campus.School.MayOpen(campus.Link, person).ShouldBeFalse();
    }

    private Person NewLearner(string username) => campus.School.AddLearner(campus.Course, username, "Test", username);

    private async Task<Column> CalculatedAsync(string formula)
    {
        var column = await campus.MakeColumnAsync(await campus.Tool.TokenAsync(campus.Lms));
        Gradebook.SetFormula(column, formula);
        return Gradebook.FindColumn(column.Id)!;
    }
}
