using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>The LMS's own quiz: taken as often as one likes, the highest attempt counts.</summary>
internal static class QuizPage
{
    public static void Map(IEndpointRouteBuilder own, Platform platform)
    {
        own.MapGet("/quiz/{quiz}", LmsPages.On(platform, Show));
        own.MapPost("/quiz/{quiz}", LmsPages.OnForm(platform, HandInAsync));
    }

    private static Page Show(Visit visit)
    {
        var quiz = visit.Quiz;
        var course = visit.School.FindCourse(quiz.CourseId)!;
        var isLearner = visit.School.RoleOf(visit.Viewer, course) == CourseRole.Learner;
        return new Page
        {
            Title = quiz.Title,
            Trail = [(visit.Home, "Courses"), (visit.CourseAddress(course), course.Title)],
            Body = Markup.Of($"""
                {(isLearner ? Standing(visit, quiz) : Markup.Of($"<p>Only learners of the course can hand in answers.</p>"))}
                <form method="post" action="{visit.Home}quiz/{quiz.Id}">
                {Markup.Join(quiz.Questions.Select(Ask))}
                {(isLearner ? Markup.Of($"""<button type="submit">Hand in</button>""") : Markup.None)}
                </form>
                """),
        };
    }

    private static Markup Standing(Visit visit, Quiz quiz)
    {
        var column = visit.Gradebook.ColumnOf(quiz);
        var attempts = visit.School.AttemptsOf(quiz, visit.Viewer);
        var points = visit.Gradebook.GradeOf(column, visit.Viewer)?.Points;
        return points is null && attempts.Count == 0
            ? Markup.Of($"<p>You have not taken this quiz yet. You may take it as often as you like; the highest attempt counts.</p>")
            : Markup.Of($"<p>Your grade: <strong>{(points is { } known ? Markup.Of($"{known}") : Markup.Of($"none"))} of {column.Maximum}</strong>. Attempts: {attempts.Count}.</p>");
    }

    private static Markup Ask(Question question, int index) => Markup.Of($"""
        <fieldset><legend>{index + 1}. {question.Text}</legend>
        {Markup.Join(question.Choices.Select((choice, number) => Markup.Of($"""
        <label class="choice"><input type="radio" name="q{index}" value="{number}"> {choice}</label>
        """)))}
        </fieldset>
        """);

    private static async Task<Page?> HandInAsync(Visit visit)
    {
        var quiz = visit.Quiz;
        if (visit.School.RoleOf(visit.Viewer.Id, quiz.CourseId) != CourseRole.Learner)
            throw new NotForYouException();
        var choices = new List<int?>();
        for (var index = 0; index < quiz.Questions.Count; index++)
        {
            var text = await visit.FieldAsync(string.Create(CultureInfo.InvariantCulture, $"q{index}"));
            choices.Add(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var choice) ? choice : null);
        }
        var attempt = visit.School.TakeQuiz(quiz, visit.Viewer, choices);
        visit.Tell(string.Create(CultureInfo.InvariantCulture, $"Handed in. This attempt: {attempt.Points:0.##} of {quiz.PointsPerQuestion * quiz.Questions.Count:0.##} points."));
        return visit.GoTo($"{visit.Home}quiz/{quiz.Id}");
    }
}
