using System.Text.Json.Nodes;
using LtiMicroCred.Lti.Tests.Support;

namespace LtiMicroCred.Lti.Tests.Notices;

public sealed class NoticeHandlersTests(LoopbackServer server)
{
    [Fact]
    public async Task Handlers_are_read_as_canvas_lists_them()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/handlers", 200, """
            {"client_id":10000000000068,"deployment_id":"106:8865","notice_handlers":[
              {"notice_type":"LtiContextCopyNotice","handler":"https://tool.example/lti/notices"},{"notice_type":"LtiHelloWorldNotice","handler":""},{"handler":"no type"}]}
            """);

        var handlers = await tool.Get<NoticeHandlers>().ReadAsync(tool.Platform, tool.Site.Uri("/handlers"), CancellationToken.None);

        handlers.ShouldBe([new NoticeHandler("LtiContextCopyNotice", new Uri("https://tool.example/lti/notices")), new NoticeHandler("LtiHelloWorldNotice", null)]);
        tool.Site.Last("/token").Body.ShouldContain("scope=" + Uri.EscapeDataString(LtiScopes.NoticeHandlers));
        tool.Site.Last("/handlers").Headers["Authorization"].ShouldBe("Bearer token-1");
    }

    [Fact]
    public async Task Handler_is_registered_and_taken_back()
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/handlers", 200, "{}");
        var handlers = tool.Get<NoticeHandlers>();

        await handlers.RegisterAsync(tool.Platform, tool.Site.Uri("/handlers"), ContextCopyNotice.Type, new Uri("https://tool.example/lti/notices"), CancellationToken.None);
        await handlers.UnregisterAsync(tool.Platform, tool.Site.Uri("/handlers"), HelloWorldNotice.Type, CancellationToken.None);

        var sent = tool.Site.Requests.Where(seen => seen.Path == "/handlers").ToList();
        sent.ShouldAllBe(seen => seen.Method == "PUT" && seen.Headers["Content-Type"] == "application/json");
        JsonNode.Parse(sent[0].Body)!.ToJsonString().ShouldBe("""{"notice_type":"LtiContextCopyNotice","handler":"https://tool.example/lti/notices"}""");
        JsonNode.Parse(sent[1].Body)!.ToJsonString().ShouldBe("""{"notice_type":"LtiHelloWorldNotice","handler":""}""");
    }

    [Theory]
    [InlineData(400, "{}", ServiceFailure.Rejected)]
    [InlineData(200, "<html>", ServiceFailure.BadAnswer)]
    [InlineData(200, "{}", ServiceFailure.BadAnswer)]
    public async Task Answer_that_is_none_is_a_failure(int status, string body, ServiceFailure failure)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/handlers", status, body);

        (await Should.ThrowAsync<LtiServiceException>(() => tool.Get<NoticeHandlers>().ReadAsync(tool.Platform, tool.Site.Uri("/handlers"), CancellationToken.None))).Failure.ShouldBe(failure);
    }
}
