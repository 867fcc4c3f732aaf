using System.Net;
using System.Text.Json.Nodes;

namespace LtiMicroCred.DemoLms.Tests;

public sealed class FaultTests(MoodleCampus moodle) : IClassFixture<MoodleCampus>, IAsyncLifetime
{
    private readonly Campus campus = moodle.Campus;
    private string token = "";

    public async ValueTask InitializeAsync()
    {
        token = await campus.Tool.TokenAsync(campus.Lms);
        campus.Gradebook.SetGrade(campus.OwnColumn, campus.Learner, 70);
    }

    public ValueTask DisposeAsync()
    {
        campus.Lms.Faults.Clear();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Service_that_is_down_breaks_the_connection_until_it_is_cleared()
    {
        campus.Lms.Faults.Down(LmsService.Results);
        await Should.ThrowAsync<HttpRequestException>(() => campus.GetResultsAsync(campus.OwnColumn, token));
        campus.Lms.Requests[^1].ShouldSatisfyAllConditions(last => last.Service.ShouldBe(LmsService.Results), last => last.Status.ShouldBe(0));

        campus.Lms.Faults.Clear(LmsService.Results);
        (await campus.GetResultsAsync(campus.OwnColumn, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Busy_service_says_when_to_come_back_and_others_go_on()
    {
        campus.Lms.Faults.Answer(LmsService.Results, 503, TimeSpan.FromSeconds(7));
        var answer = await campus.GetResultsAsync(campus.OwnColumn, token);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        (await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.LineItems, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Half_a_page_breaks_off()
    {
        campus.Lms.Faults.HalfPage(LmsService.Memberships);
        await Should.ThrowAsync<HttpRequestException>(async () =>
        {
            using var answer = await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.Members, token);
            await answer.Content.ReadAsStringAsync();
        });
    }

    [Fact]
    public async Task Slow_service_answers_late()
    {
        campus.Lms.Faults.Slow(LmsService.Keys, TimeSpan.FromMilliseconds(300));
        var started = TimeProvider.System.GetTimestamp();
        await campus.Tool.Http.GetAsync(new Uri(campus.Lms.BaseUrl, "/mod/lti/certs.php"));
        TimeProvider.System.GetElapsedTime(started).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public async Task Slow_request_does_not_hold_up_the_end()
    {
        var own = await Campus.OpenAsync();
        own.Lms.Faults.Slow(LmsService.Keys, TimeSpan.FromMinutes(5));
        var open = own.Tool.Http.GetAsync(new Uri(own.Lms.BaseUrl, "/mod/lti/certs.php"));
        await Task.Delay(100);
        await own.Lms.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await Should.ThrowAsync<HttpRequestException>(() => open);
        await own.Tool.DisposeAsync();
    }

    [Fact]
    public async Task Token_endpoint_and_keys_can_fail()
    {
        campus.Lms.Faults.Answer(LmsService.Token, 500);
        campus.Lms.Faults.Answer(LmsService.Keys, 404);
        (await campus.Tool.PostTokenAsync(campus.Lms, "x", "y")).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await campus.Tool.Http.GetAsync(new Uri(campus.Lms.BaseUrl, "/mod/lti/certs.php"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Results_can_lack_their_score()
    {
        campus.Lms.Faults.ResultsWithoutScore = true;
        var answer = await campus.GetResultsAsync(campus.OwnColumn, token);
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())![0]!["resultScore"].ShouldBeNull();
    }

    [Fact]
    public async Task Requests_are_recorded_without_a_launchs_secrets()
    {
        await campus.Tool.LaunchAsync(campus.Lms, campus.Lms.UrlFor("learner", $"activity/{campus.Link.Id}/launch"));
        await campus.Tool.CallAsync(campus.Lms, HttpMethod.Get, campus.Members + "?rlid=" + campus.Link.Id, token);
        var requests = campus.Lms.Requests;
        requests.Last(request => request.Service == LmsService.Authentication).Query.ShouldBe("");
        var members = requests[^1];
        (members.Method, members.Path, members.Query, members.Status).ShouldBe(("GET", campus.Members, "?rlid=" + campus.Link.Id, 200));
    }
}
