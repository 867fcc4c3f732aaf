using System.Text;

namespace LtiMicroCred.Tests.Hostile;

/// <summary>Requests that once made the server fail.</summary>
public sealed class SenderMistakeTests(FurnishedCampus shared) : IClassFixture<FurnishedCampus>
{
    private readonly Campus _campus = shared.Campus;

    [Theory]
    [InlineData("/lti/login")]
    [InlineData("/lti/launch")]
    [InlineData("/lti/restart")]
    [InlineData("/about/help")]
    [InlineData("/c/x")]
    [InlineData("/operator/x")]
    public async Task A_form_in_UTF_7_is_refused_in_words(string path)
    {
        using var wire = new Wire();
        using var form = new ByteArrayContent(Encoding.ASCII.GetBytes("state=+ADw-"));
        form.Headers.TryAddWithoutValidation("Content-Type", "application/x-www-form-urlencoded; charset=utf-7");
        (await wire.SendAsync(HttpMethod.Post, new Uri(_campus.Tool + path), form)).ShouldSay(415, "We could not read what your browser sent");
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task A_method_that_a_page_does_not_know_is_refused_in_words(string method)
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening("instructor"));
        foreach (var address in new[] { mine.Url.AbsoluteUri, _campus.Tool + "/c/x", _campus.Tool + "/admin/platforms", _campus.Tool + "/nowhere" })
        {
            var answer = await wire.SendAsync(new HttpMethod(method), new Uri(address), null);
            answer.Status.ShouldBeInRange(400, 499, address);
            answer.Text.ShouldContain("What to do", customMessage: address);
            answer.Headers.Contains("Content-Security-Policy").ShouldBeTrue(address);
        }
    }

    [Theory]
    [InlineData("%00")]
    [InlineData("%EF%BF%BF")]
    [InlineData("own%26id=x")]
    public async Task What_an_address_says_of_the_way_does_not_reach_another_address(string way)
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening("instructor"));
        var token = KeyValuePair.Create("__RequestVerificationToken", mine.Field("__RequestVerificationToken"));
        var answer = await wire.PostAsync($"{_campus.Tool}/l/{mine.LaunchId}/connect?handler=Use&way={way}", [token]);
        answer.Status.ShouldBe(302, answer.Text);
        answer.Location.Query.ShouldBe("?way=formula");
    }

    [Theory]
    [InlineData("")]
    [InlineData("?handler=Nothing")]
    public async Task A_form_for_which_the_page_has_no_handler_is_refused_in_words(string handler)
    {
        using var wire = new Wire();
        var mine = await wire.LaunchAsync(_campus.Opening("instructor"));
        var token = KeyValuePair.Create("__RequestVerificationToken", mine.Field("__RequestVerificationToken"));
        (await wire.PostAsync(mine.Url.GetLeftPart(UriPartial.Path) + handler, [token])).ShouldSay(405, "We could not read what your browser sent");
    }
}
