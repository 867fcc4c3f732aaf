namespace LtiMicroCred.Lti.Tests.Http;

public sealed class LinkHeaderTests
{
    [Theory]
    [InlineData("<https://a.example/?p=2>; rel=\"next\"", "https://a.example/?p=2")]
    [InlineData("<https://a.example/?p=2>; rel=next", "https://a.example/?p=2")]
    [InlineData("<https://a.example/?p=2>;rel='next'", "https://a.example/?p=2")]
    [InlineData("<https://a.example/?p=2> ; title=\"x\"; REL = \"prev next\"", "https://a.example/?p=2")]
    [InlineData("<https://a.example/?p=1>; rel=“first”, <https://a.example/?a=1&amp;p=2>; rel=“next”", "https://a.example/?a=1&p=2")]
    [InlineData("<https://a.example/a,b;c?p=2>; rel=\"next\"; title=\"y\"", "https://a.example/a,b;c?p=2")]
    [InlineData("</relative?p=2>; rel=\"next\"", "/relative?p=2")]
    [InlineData("<https://a.example/?p=1>; rel=\"prev\"", null)]
    [InlineData("<https://a.example/?p=1>; rel=\"nextish\"", null)]
    [InlineData("<https://a.example/?rel=next>; rel=\"prev\"", null)]
    [InlineData("https://a.example/; rel=\"next\"", null)]
    [InlineData("", null)]
    public void Next_page_is_found_and_nothing_else(string header, string? next) => LinkHeader.Next([header]).ShouldBe(next);

    [Theory]
    [InlineData("<https://a.example/?since=1>; rel=\"differences\"", "https://a.example/?since=1")]
    [InlineData("<https://a.example/?p=2>; rel=\"next\", <https://a.example/?since=1>; rel=differences", "https://a.example/?since=1")]
    [InlineData("<https://a.example/?p=2>; rel=\"next\"", null)]
    public void Differences_are_found(string header, string? differences) => LinkHeader.Find([header], "differences").ShouldBe(differences);

    [Fact]
    public void Several_headers_are_read() => LinkHeader.Next(["<https://a.example/1>; rel=\"prev\"", "<https://a.example/2>; rel=\"next\""]).ShouldBe("https://a.example/2");
}
