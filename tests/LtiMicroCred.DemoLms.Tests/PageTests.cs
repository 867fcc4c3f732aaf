using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class PageTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>
{
    private const string Hostile = "\"><img src=x onerror=alert(1)>'{{7*7}}</title><script>alert(2)</script>";

    private readonly Campus campus = moodle.Campus;

    [Fact]
    public async Task Every_page_names_its_language_title_and_product()
    {
        string[] pages =
        [
            "/", "/as/admin/", "/as/admin/tools", "/as/instructor/course/2", "/as/instructor/course/2/grades", "/as/learner/course/2", "/as/learner/quiz/1",
            $"/as/learner/activity/{campus.Link.Id}", $"/as/instructor/course/2/add/{campus.Tool.TypeId}", $"/as/learner/activity/{campus.Link.Id}/launch", "/nowhere", "/as/nobody/course/2",
        ];
        foreach (var page in pages)
        {
            var document = await ReadAsync(page);
            document.DocumentElement.GetAttribute("lang").ShouldBe("en", page);
            document.Title.ShouldNotBeNullOrWhiteSpace(page);
            document.Title!.ShouldContain("Demo LMS", Case.Sensitive, page);
            document.QuerySelectorAll("h1").Length.ShouldBe(1, page);
            document.QuerySelectorAll("iframe:not([title])").Length.ShouldBe(0, page);
            foreach (var field in document.QuerySelectorAll("input:not([type=hidden]):not([type=radio]), select"))
                document.QuerySelector($"label[for='{field.Id}']").ShouldNotBeNull($"{page}: {field.OuterHtml}");
            document.All.Select(element => element.Id).Where(id => !string.IsNullOrEmpty(id)).GroupBy(id => id, StringComparer.Ordinal).ShouldAllBe(group => group.Count() == 1, page);
        }
    }

    [Fact]
    public async Task Hostile_names_and_titles_are_shown_as_text()
    {
        await using var own = await Campus.OpenAsync();
        var course = own.School.AddCourse(Hostile, Hostile);
        var person = own.School.AddPerson("mallory", Hostile, Hostile);
        own.School.Enrol(course, person, CourseRole.Learner);
        own.School.Enrol(course, own.School.Person("instructor"), CourseRole.Instructor);
        var link = own.School.AddLink(new NewResourceLink
        {
            CourseId = course.Id,
            ToolId = own.Tool.TypeId,
            Title = Hostile,
            Description = Hostile,
            Column = new NewColumn { Title = Hostile, Maximum = 10 },
        });
        own.Gradebook.SetIdNumber(own.Gradebook.ColumnsOf(link)[0], Hostile);
        string[] pages =
        [
            "/", $"/as/mallory/course/{course.Id}", $"/as/mallory/activity/{link.Id}", $"/as/mallory/activity/{link.Id}/launch",
            $"/as/instructor/course/{course.Id}", $"/as/instructor/course/{course.Id}/grades", $"/as/instructor/course/{course.Id}/add/{own.Tool.TypeId}",
        ];
        foreach (var page in pages)
        {
            var html = await own.Tool.Http.GetStringAsync(new Uri(own.Lms.BaseUrl, page));
            var document = new HtmlParser().ParseDocument(html);
            document.QuerySelectorAll("img").Length.ShouldBe(0, page);
            document.QuerySelectorAll("script").ShouldAllBe(script => script.GetAttribute("src") == "/assets/lms.js" || script.GetAttribute("src") == "/assets/storage.js", page);
            document.All.ShouldAllBe(element => element.Attributes.All(attribute => !attribute.Name.StartsWith("on", StringComparison.Ordinal)), page);
            document.DocumentElement.TextContent.ShouldContain("onerror=alert(1)", Case.Sensitive, page);
        }
    }

    [Fact]
    public async Task Pages_may_be_framed_by_the_lms_only_and_run_only_its_script()
    {
        var answer = await campus.Tool.Http.GetAsync(new Uri(campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch")));
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("frame-ancestors 'self'");
        policy.ShouldContain("script-src 'self';");
        answer.Headers.Contains("X-Frame-Options").ShouldBeFalse();
    }

    [Fact]
    public async Task Tool_is_shown_in_a_frame_that_listens_to_its_origin_only()
    {
        var document = await ReadAsync($"/as/learner/activity/{campus.Link.Id}");
        var frame = document.QuerySelector("iframe").ShouldNotBeNull();
        frame.GetAttribute("src").ShouldBe($"/as/learner/activity/{campus.Link.Id}/launch");
        frame.GetAttribute("data-origins").ShouldBe(campus.Tool.Origin);
        document.QuerySelectorAll("a[target=_blank]").Length.ShouldBe(1);
    }

    [Fact]
    public async Task Quiz_is_taken_on_its_page()
    {
        var answers = campus.Quiz.Questions.Select((question, index) => KeyValuePair.Create($"q{index}", index < 4 ? $"{question.Right}" : "x"));
        await PostAsync("/as/learner2/quiz/1", answers);
        var document = await ReadAsync("/as/learner2/quiz/1");
        document.QuerySelector("main")!.TextContent.ShouldContain("80 of 100");
        campus.Gradebook.GradeOf(campus.QuizColumn, campus.School.Person("learner2"))!.Points.ShouldBe(80);
    }

    [Fact]
    public async Task Instructor_enters_clears_and_releases_a_grade_on_the_page()
    {
        var person = campus.School.Person("learner4");
        campus.School.TakeQuiz(campus.Quiz, person, 1);
        var cell = $"/as/instructor/course/2/grades/{campus.Quiz.ColumnId}/learner/{person.Id}";
        await PostAsync(cell, [new("points", "72.5"), new("do", "set")]);
        campus.Gradebook.GradeOf(campus.QuizColumn, person)!.Points.ShouldBe(72.5m);
        await PostAsync(cell, [new("points", ""), new("do", "set")]);
        campus.Gradebook.GradeOf(campus.QuizColumn, person)!.Points.ShouldBeNull();
        await PostAsync(cell, [new("do", "release")]);
        campus.Gradebook.GradeOf(campus.QuizColumn, person)!.Points.ShouldBe(20);
    }

    [Fact]
    public async Task Refused_formula_is_explained_on_the_page()
    {
        await PostAsync($"/as/instructor/course/2/grades/{campus.OwnColumn.Id}/formula", [new("formula", "=[[quiz1]]")]);
        (await ReadAsync("/as/instructor/course/2/grades")).QuerySelector(".notice")!.TextContent.ShouldContain("belongs to an activity");
    }

    [Fact]
    public async Task Gated_activity_is_no_link_for_who_may_not_open_it()
    {
        var link = campus.AddLink("Gated page", graded: true);
        await PostAsync($"/as/instructor/activity/{link.Id}/restrict", [new("column", campus.Quiz.ColumnId), new("percent", "60")]);
        (await ReadAsync("/as/learner5/course/2")).QuerySelector($"a[href$='activity/{link.Id}']").ShouldBeNull();
        (await campus.Tool.Http.GetAsync(new Uri(campus.Lms.UrlFor("learner5", $"activity/{link.Id}/launch")))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        campus.School.TakeQuiz(campus.Quiz, campus.School.Person("learner5"), 3);
        (await ReadAsync("/as/learner5/course/2")).QuerySelector($"a[href$='activity/{link.Id}']").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("learner", "course/2/grades")]
    [InlineData("learner", "tools")]
    [InlineData("instructor", "tools")]
    [InlineData("learner3", "course/3")]
    public async Task Pages_of_others_are_refused(string username, string path) =>
        (await campus.Tool.Http.GetAsync(new Uri(campus.Lms.UrlFor(username, path)))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

    [Fact]
    public async Task Learner_cannot_grade_restrict_or_delete()
    {
        foreach (var path in new[] { $"course/2/grades/{campus.Quiz.ColumnId}/learner/4", $"activity/{campus.Link.Id}/delete", $"activity/{campus.Link.Id}/restrict", $"tools/{campus.Tool.TypeId}/delete" })
        {
            var answer = await campus.Tool.Http.PostAsync(new Uri(campus.Lms.UrlFor("learner", path)), new FormUrlEncodedContent([new("points", "100")]));
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }
        campus.School.FindLink(campus.Link.Id).ShouldNotBeNull();
    }

    [Fact]
    public async Task Forms_of_other_sites_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(campus.Lms.UrlFor("instructor", $"activity/{campus.Link.Id}/delete")));
        request.Headers.TryAddWithoutValidation("Origin", "https://evil.example");
        (await campus.Tool.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        campus.School.FindLink(campus.Link.Id).ShouldNotBeNull();
    }

    [Fact]
    public async Task Foreign_host_names_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(campus.Lms.BaseUrl, "/"));
        request.Headers.Host = "evil.example";
        (await campus.Tool.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Administrator_opens_the_tools_registration_page_in_a_frame()
    {
        var answer = await campus.Tool.Http.PostAsync(new Uri(campus.Lms.UrlFor("admin", "tools/add")), new FormUrlEncodedContent([new("url", campus.Tool.Origin + "/register?x=1")]));
        var frame = new HtmlParser().ParseDocument(await answer.Content.ReadAsStringAsync()).QuerySelector("iframe").ShouldNotBeNull();
        var source = frame.GetAttribute("src")!;
        source.ShouldStartWith(campus.Tool.Origin + "/register?x=1&openid_configuration=");
        source.ShouldContain("&registration_token=");
        frame.GetAttribute("data-close-to").ShouldBe("/as/admin/tools");
    }

    [Fact]
    public async Task Way_back_shows_the_tools_message_once()
    {
        var launch = await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        var back = launch["https://purl.imsglobal.org/spec/lti/claim/launch_presentation"]!["return_url"]!.GetValue<string>();
        await campus.Tool.Http.GetAsync(new Uri(back + "&lti_msg=See%20you"));
        (await ReadAsync("/as/learner/course/2")).QuerySelector(".notice")!.TextContent.ShouldBe("See you");
        (await ReadAsync("/as/learner/course/2")).QuerySelector(".notice").ShouldBeNull();
    }

    private async Task<IDocument> ReadAsync(string page)
    {
        var answer = await campus.Tool.Http.GetAsync(new Uri(campus.Lms.BaseUrl, page));
        return new HtmlParser().ParseDocument(await answer.Content.ReadAsStringAsync());
    }

    private async Task PostAsync(string page, IEnumerable<KeyValuePair<string, string>> fields)
    {
        var answer = await campus.Tool.Http.PostAsync(new Uri(campus.Lms.BaseUrl, page), new FormUrlEncodedContent(fields));
        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }
}
