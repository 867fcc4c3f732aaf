using System.Text;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.Imports;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.Imports;

/// <summary>Grades from a file: read, looked through, entered, and what somebody might try.</summary>
public sealed class ImportTests
{
    [Fact]
    public async Task A_file_counts_once_the_instructor_has_looked_through_it()
    {
        await using var campus = await Campus.FurnishedAsync();
        var page = await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},16,20\n{Id(campus, "learner2")},9,20\nnobody,20,20\n{Id(campus, "learner3")},\"7,5\",20");

        page.Text.ShouldContain("2 new results, 1 of them would pass.");
        page.Text.ShouldContain("2 rows cannot be entered");
        page.Text.ShouldContain("Row 4: nobody in this course has the user ID ‘nobody’.");
        page.Text.ShouldContain("Row 5: ‘7,5’ is not a number we can read. Write 7.5.");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0, "nothing counts before somebody says so");

        var entered = await EnterAsync(page);
        entered.Text.ShouldContain("2 results are entered.");
        entered.Text.ShouldContain("Dr Eleni Papadaki");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ImportDraft")).ShouldBe(0);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result r JOIN ImportBatch b ON b.ImportBatchId = r.ImportBatchId AND b.EnteredBy = r.EnteredBy AND b.Results = 2")).ShouldBe(2);

        (await campus.OpenAsync("learner2")).Text.ShouldContain("Your grade was entered by hand by Dr Eleni Papadaki");
        var learner = await campus.OpenAsync("learner");
        learner.Text.ShouldContain("You earned this credential");
        learner.Text.ShouldContain("Your grade was entered by hand by Dr Eleni Papadaki");
        (await campus.Story.PublishAsync(learner, CancellationToken.None)).Text.ShouldContain("Entered by hand by the institution’s staff");
        var course = await campus.OpenAsync("instructor");
        course.Text.ShouldContain("Entered by hand by Dr Eleni Papadaki, file “pasted rows”");
        var list = await course.FollowAsync("a[href*='handler=List']", CancellationToken.None);
        list.Text.ShouldContain("80%");
        var evidence = System.Text.Json.JsonDocument.Parse((await course.FollowAsync($"a[href*='handler=Evidence'][href*='{await campus.AskAsync<string>("SELECT LearnerId FROM HeldAward")}']", CancellationToken.None)).Text).RootElement;
        evidence.GetProperty("results")[0].GetProperty("way").GetString().ShouldBe("import");
        (await campus.World.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
    }

    [Fact]
    public async Task The_same_file_again_changes_nothing_and_a_corrected_one_counts()
    {
        await using var campus = await Campus.FurnishedAsync();
        var text = $"id,score,maximum\n{Id(campus, "learner")},9,20\n{Id(campus, "learner2")},9,20";
        await EnterAsync(await ReadAsync(await ImportAsync(campus), text));

        var again = await ReadAsync(await ImportAsync(campus), text);
        again.Text.ShouldContain("No row would change anything.");
        again.Has("form[action*='handler=Enter']").ShouldBeFalse();
        var corrected = await ReadAsync(await ImportAsync(campus), text.Replace($"{Id(campus, "learner")},9", $"{Id(campus, "learner")},12", StringComparison.Ordinal));
        corrected.Text.ShouldContain("1 new result, it would pass.");
        corrected.Text.ShouldContain("1 row says what you entered before.");
        await EnterAsync(corrected);

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(3);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM LineItem WHERE Way = 'import'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_mistaken_file_is_taken_back_and_the_right_one_awards()
    {
        await using var campus = await Campus.FurnishedAsync();
        await campus.GradeAsync("learner2", "70");
        await campus.UntilAsync("learner2", "You earned this credential");
        var page = await EnterAsync(await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},16,20\n{Id(campus, "learner2")},16,20\n{Id(campus, "learner3")},2,20"));
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM HeldAward")).ShouldBe(2);

        page = await page.SubmitAsync("form[action*='handler=Undo']", CancellationToken.None, ("reason", " "));
        page.Text.ShouldContain("Write a reason of at most 1,000 letters.");
        page = await page.SubmitAsync("form[action*='handler=Undo']", CancellationToken.None, ("reason", "the file of another course"));
        page.Text.ShouldContain("taken back");

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM HeldAward")).ShouldBe(1, "who passes without the file keeps it");
        (await campus.AskAsync<string>("SELECT Reason FROM LedgerEntry WHERE Kind = 'award.revoked'")).ShouldBe("issued-in-error");
        (await campus.OpenAsync("learner")).Text.ShouldContain("the file of another course");
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result WHERE WithdrawnAt IS NOT NULL")).ShouldBe(3);

        await EnterAsync(await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},15,20"));
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM HeldAward")).ShouldBe(2);
        (await campus.World.VerifyAsync(CancellationToken.None)).Break.ShouldBeNull();
    }

    [Fact]
    public async Task A_draft_that_is_confirmed_twice_at_once_is_entered_once()
    {
        await using var campus = await Campus.FurnishedAsync();
        var page = await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},16,20\n{Id(campus, "learner2")},17,20");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => EnterAsync(page)));
        (await EnterAsync(page)).Status.ShouldBe(200);

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(2);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ImportBatch")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(2);
    }

    [Fact]
    public async Task A_file_that_was_cut_off_goes_on_where_it_was()
    {
        await using var campus = await Campus.FurnishedAsync();
        var page = await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},16,20\n{Id(campus, "learner2")},17,20");
        var launch = page.Url.Segments[2].TrimEnd('/');
        var draft = Guid.ParseExact((await campus.AskAsync<string>("SELECT ImportDraftId FROM ImportDraft"))!, "D");
        var place = new DraftPlace(
            Guid.ParseExact((await campus.AskAsync<string>("SELECT TenantId FROM ImportDraft"))!, "D"), Guid.ParseExact((await campus.AskAsync<string>("SELECT ActivityId FROM ImportDraft"))!, "D"), launch, Guid.ParseExact((await campus.AskAsync<string>("SELECT DraftedBy FROM ImportDraft"))!, "D"));
        (await campus.World.Scopes.SendAsync(new BeginImport(place, draft, "Data Ethics", 2), CancellationToken.None)).ShouldNotBeNull();

        var again = await page.ReloadAsync(CancellationToken.None);
        again.Text.ShouldContain("Entering this file was cut off.");
        await EnterAsync(again);

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ImportBatch")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result WHERE ImportBatchId = (SELECT ImportBatchId FROM ImportBatch)")).ShouldBe(2);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ImportDraft")).ShouldBe(0);
    }

    [Fact]
    public async Task A_draft_is_gone_after_an_hour()
    {
        var clock = new MovedClock();
        await using var campus = await Campus.FurnishedAsync(clock);
        var page = await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},16,20");
        clock.Move(TimeSpan.FromMinutes(61));

        (await EnterAsync(page)).Status.ShouldBe(200);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
        await campus.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Housekeeping>().Single().ClearAsync(CancellationToken.None);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ImportDraft")).ShouldBe(0);
    }

    [Attack(12)]
    [Fact]
    public async Task Nobody_confirms_anothers_draft()
    {
        await using var campus = await Campus.FurnishedAsync();
        var (lms, story) = await campus.JoinAsync("Otherton College");
        using var theirs = story;
        await story.AddCredentialAsync(CancellationToken.None);
        await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},16,20");
        var draft = (await campus.AskAsync<string>("SELECT ImportDraftId FROM ImportDraft"))!;

        // Another institution's instructor, and the same person by another launch, with a form of their own.
        using var stranger = new Wire();
        var own = await stranger.LaunchAsync(lms.Opening("instructor"));
        using var again = new Wire();
        var other = await again.LaunchAsync(campus.Opening("instructor"));
        foreach (var (wire, launch) in new[] { (stranger, own.LaunchId), (again, other.LaunchId) })
        {
            var form = SelfPost.In(Form(await wire.GetAsync($"{campus.Tool}/l/{launch}/import"), "form[action*='handler=Read']"));
            (await wire.GetAsync($"{campus.Tool}/l/{launch}/import?draft={draft}")).Text.ShouldContain("This file was entered already, or an hour has passed.");
            var posted = form.With("draft", draft);
            (await wire.FollowAsync(await wire.PostAsync(posted.Action.Replace("handler=Read", "handler=Enter", StringComparison.Ordinal), posted.Fields))).Status.ShouldBe(200);
        }

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(0);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ImportDraft")).ShouldBe(1);
    }

    [Attack(21)]
    [Fact]
    public async Task A_learners_launch_enters_nothing()
    {
        await using var campus = await Campus.FurnishedAsync();
        using var wire = new Wire();
        var learner = await wire.LaunchAsync(campus.Opening("learner"));
        using var teacher = new Wire();
        var staff = await teacher.LaunchAsync(campus.Opening("instructor"));
        var form = SelfPost.In(Form(await teacher.GetAsync($"{campus.Tool}/l/{staff.LaunchId}/import"), "form[action*='handler=Read']")).With("text", $"id,score,maximum\n{Id(campus, "learner")},20,20");

        (await wire.GetAsync($"{campus.Tool}/l/{learner.LaunchId}/import")).Status.ShouldBe(404);
        // The token of the form is the teacher's: without its cookie it is worth nothing, and with it the launch is still a learner's.
        (await wire.PostAsync($"{campus.Tool}/l/{learner.LaunchId}/import?handler=Read", form.Fields)).Status.ShouldBe(400);
        wire.Cookies["ltimc-form"] = teacher.Cookies["ltimc-form"];
        (await wire.PostAsync($"{campus.Tool}/l/{learner.LaunchId}/import?handler=Read", form.Fields)).Status.ShouldBe(404);
        (await wire.PostAsync($"{campus.Tool}/l/{staff.LaunchId}/import?handler=Read", form.Fields)).Status.ShouldBe(404);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM ImportDraft")).ShouldBe(0);
    }

    [Fact]
    public async Task A_learner_of_another_course_is_nobody_here()
    {
        await using var campus = await Campus.FurnishedAsync();
        var school = campus.Lms.School;
        var other = school.AddPerson("elsewhere", "Else", "Where");
        school.Enrol(school.FindCourse("3")!, other, CourseRole.Learner);

        var page = await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{other.Id},20,20\n{school.Person("instructor").Id},20,20");

        page.Text.ShouldContain($"Row 2: nobody in this course has the user ID ‘{other.Id}’.");
        page.Text.ShouldContain($"Row 3: ‘{school.Person("instructor").Id}’ is not an active learner of this course.");
        page.Has("form[action*='handler=Enter']").ShouldBeFalse();
    }

    [Attack(20)]
    [Fact]
    public async Task Files_that_are_none_are_refused_in_words()
    {
        await using var campus = await Campus.FurnishedAsync();
        using var wire = new Wire();
        var staff = await wire.LaunchAsync(campus.Opening("instructor"));
        var page = await wire.GetAsync($"{campus.Tool}/l/{staff.LaunchId}/import");
        var form = SelfPost.In(Form(page, "form[action*='handler=Read']"));

        (await UploadAsync(wire, form, new byte[10 * 1024 * 1024])).Text.ShouldContain("This file is too large. At most 2 MB and 20,000 rows.");
        (await UploadAsync(wire, form, Encoding.UTF8.GetBytes("id,score\n" + new string('x', CsvFile.MostBytes)))).Text.ShouldContain("This file is too large.");
        (await UploadAsync(wire, form, [0x89, 0x50, 0x4E, 0x47, 0, 0, 0, 13])).Text.ShouldContain("This is not a text file.");
        (await UploadAsync(wire, form, Encoding.UTF8.GetBytes("id,score" + new string(',', 1_000_000) + "\n1,2"))).Text.ShouldContain("more than 200 columns");
        (await UploadAsync(wire, form, [])).Text.ShouldContain("There is nothing to read.");
        (await UploadAsync(wire, form, "points of view,score\n1,2"u8.ToArray())).Text.ShouldContain("No column says whose the rows are.");
        (await UploadAsync(wire, form, "id,Quiz 1 (Real)\n1,2"u8.ToArray())).Text.ShouldContain("We see: “id”, “Quiz 1 (Real)”.");
        (await UploadAsync(wire, form, "id,score\n1,2"u8.ToArray())).Text.ShouldContain("Write the highest possible score as a number");
        var odd = await UploadAsync(wire, form.With("maximum", "20").With("score", "Quiz 1 (Real)"), Encoding.UTF8.GetBytes($"id,Quiz 1 (Real)\n{Id(campus, "learner")},20\n<script>alert(1)</script>,20"), "../../<i>grades.csv");
        odd.Text.ShouldContain("1 new result, it would pass.");
        odd.Text.ShouldContain("<i>grades.csv: 2 rows");
        odd.Body.ShouldNotContain("<i>grades");
        odd.Body.ShouldNotContain("<script>alert");
    }

    [Fact]
    public async Task The_example_names_the_courses_learners_and_reads_back()
    {
        await using var campus = await Campus.FurnishedAsync();
        // The list of members is read with the first file, or with the first column.
        var import = await ReadAsync(await ImportAsync(campus), "id,score,maximum\nx,1,2");
        using var wire = new Wire();
        var staff = await wire.LaunchAsync(campus.Opening("instructor"));
        var example = await wire.GetAsync($"{campus.Tool}/l/{staff.LaunchId}/import?handler=Example");
        example.Status.ShouldBe(200);
        example.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(6);

        var filled = example.Body.Replace(",,", ",18,20", StringComparison.Ordinal);
        (await ReadAsync(await ImportAsync(campus), filled)).Text.ShouldContain("5 new results, 5 of them would pass.");
        import.Text.ShouldContain("No row would change anything.");
    }

    [Fact]
    public async Task Who_left_the_course_before_it_is_entered_earns_nothing()
    {
        await using var campus = await Campus.FurnishedAsync();
        var page = await ReadAsync(await ImportAsync(campus), $"id,score,maximum\n{Id(campus, "learner")},16,20");
        await campus.ExecuteAsync("UPDATE CourseMember SET IsActive = 0 WHERE LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = @Subject)", new { Subject = Id(campus, "learner") });

        await EnterAsync(page);

        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Result")).ShouldBe(1);
        (await campus.AskAsync<long>("SELECT COUNT(*) FROM Award")).ShouldBe(0);
    }

    private static string Id(Campus campus, string username) => campus.Lms.School.Person(username).Id;

    private static async Task<BrowserPage> ImportAsync(Campus campus)
    {
        var connect = await (await campus.OpenAsync("instructor")).FollowAsync("a[href*='connect']", CancellationToken.None);
        return await connect.FollowAsync("nav a[href$='/import']", CancellationToken.None);
    }

    private static Task<BrowserPage> ReadAsync(BrowserPage page, string text) => page.SubmitAsync("form[action*='handler=Read']", CancellationToken.None, ("text", text));

    private static Task<BrowserPage> EnterAsync(BrowserPage page) => page.SubmitAsync("form[action*='handler=Enter']", CancellationToken.None);

    private static Answer Form(Answer page, string selector) =>
        new(page.Url, page.Status, page.Headers, [], page.Document.QuerySelector(selector).ShouldNotBeNull(page.Text).OuterHtml);

    private static async Task<Answer> UploadAsync(Wire wire, SelfPost form, byte[] file, string name = "grades.csv")
    {
        using var content = new MultipartFormDataContent();
        foreach (var (field, value) in form.Fields.Where(f => f.Key is not "file"))
            content.Add(new StringContent(value), field);
        content.Add(new ByteArrayContent(file), "file", name);
        return await wire.FollowAsync(await wire.SendAsync(HttpMethod.Post, new Uri(form.Action), content));
    }
}
