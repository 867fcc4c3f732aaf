using System.Diagnostics;
using LtiMicroCred.Lti.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LtiMicroCred.Lti.Tests.Http;

public sealed class ResilientHttpTests(LoopbackServer server)
{
    public static TheoryData<ServiceOptions, string> WrongOptions => new()
    {
        { new ServiceOptions { Attempts = 0 }, "Attempts" },
        { new ServiceOptions { Attempts = 11 }, "Attempts" },
        { new ServiceOptions { RetryDelay = TimeSpan.Zero }, "RetryDelay" },
        { new ServiceOptions { RetryDelay = TimeSpan.FromSeconds(6) }, "RetryDelay" },
        { new ServiceOptions { LongestWait = TimeSpan.FromMinutes(2) }, "LongestWait" },
        { new ServiceOptions { Budget = TimeSpan.FromSeconds(-1) }, "Budget" },
        { new ServiceOptions { BreakerRequests = 1 }, "BreakerRequests" },
        { new ServiceOptions { BreakerRatio = 0 }, "BreakerRatio" },
        { new ServiceOptions { BreakerWindow = TimeSpan.Zero }, "BreakerWindow" },
        { new ServiceOptions { BreakDuration = TimeSpan.FromDays(1) }, "BreakDuration" },
    };

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(408)]
    [InlineData(429)]
    public async Task Reading_that_failed_for_a_moment_is_repeated(int status)
    {
        using var tool = new TestTool(server.NewSite());
        var attempts = 0;
        tool.Site.On("/item/results", context =>
        {
            context.Response.StatusCode = ++attempts < 3 ? status : 200;
            return context.Response.WriteAsync("[]");
        });

        await ReadAsync(tool);

        attempts.ShouldBe(3);
    }

    [Theory]
    [InlineData(500, 3, ServiceFailure.ServerError)]
    [InlineData(501, 1, ServiceFailure.ServerError)]
    [InlineData(400, 1, ServiceFailure.Rejected)]
    [InlineData(404, 1, ServiceFailure.NotFound)]
    [InlineData(422, 1, ServiceFailure.Rejected)]
    public async Task Requests_are_repeated_only_where_that_may_help_and_not_for_ever(int status, int attempts, ServiceFailure failure)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", status);

        (await FailsAsync(tool)).Failure.ShouldBe(failure);

        tool.Site.Count("/item/results").ShouldBe(attempts);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Writing_that_is_idempotent_is_repeated(string method)
    {
        using var tool = new TestTool(server.NewSite());
        var attempts = 0;
        tool.Site.On("/item", context =>
        {
            if (context.Request.Method == method && ++attempts < 3)
                context.Response.StatusCode = 500;
            return context.Response.WriteAsync($$"""{"id":"{{tool.Site.Address}}/item","label":"A","scoreMaximum":1}""");
        });

        var grades = tool.Get<AssignmentAndGradeServices>();
        await (method == "PUT"
            ? grades.UpdateLineItemAsync(tool.Platform, tool.Site.Uri("/item"), item => item with { Label = "B" }, CancellationToken.None)
            : grades.DeleteLineItemAsync(tool.Platform, tool.Site.Uri("/item"), CancellationToken.None));

        attempts.ShouldBe(3);
    }

    [Fact]
    public async Task Short_pause_that_the_platform_asks_for_is_kept()
    {
        using var tool = new TestTool(server.NewSite());
        var watch = new Stopwatch();
        tool.Site.On("/item/results", context =>
        {
            if (watch.IsRunning)
            {
                watch.Stop();
                return context.Response.WriteAsync("[]");
            }

            watch.Start();
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "1";
            return Task.CompletedTask;
        });

        await ReadAsync(tool);

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(950));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Long_pause_is_the_callers_to_keep(int status)
    {
        using var tool = new TestTool(server.NewSite());
        tool.Site.On("/item/results", status, "", ("Retry-After", "6"));

        var failure = await FailsAsync(tool);

        failure.Failure.ShouldBe(ServiceFailure.Busy);
        failure.RetryAfter.ShouldBe(TimeSpan.FromSeconds(6));
        tool.Site.Count("/item/results").ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_repeated_beyond_the_budget()
    {
        using var tool = new TestTool(server.NewSite(), services: new ServiceOptions { Budget = TimeSpan.Zero });
        tool.Site.On("/item/results", 500);

        await FailsAsync(tool);

        tool.Site.Count("/item/results").ShouldBe(1);
    }

    [Fact]
    public async Task Dead_platform_is_left_alone_for_a_while_and_found_again()
    {
        using var tool = new TestTool(server.NewSite(), services: new ServiceOptions { Attempts = 1, BreakDuration = TimeSpan.FromSeconds(30) });
        tool.Site.On("/item/results", 500);
        for (var count = 0; count < 4; count++)
            (await FailsAsync(tool)).Failure.ShouldBe(ServiceFailure.ServerError);

        var open = await FailsAsync(tool);
        open.Failure.ShouldBe(ServiceFailure.CircuitOpen);
        open.Retryable.ShouldBeTrue();
        open.RetryAfter.ShouldBe(TimeSpan.FromSeconds(30));
        tool.Site.Count("/item/results").ShouldBe(4);

        // Half open: one request tries, and fails.
        tool.Clock.Now += TimeSpan.FromSeconds(30);
        (await FailsAsync(tool)).Failure.ShouldBe(ServiceFailure.ServerError);
        (await FailsAsync(tool)).Failure.ShouldBe(ServiceFailure.CircuitOpen);
        tool.Site.Count("/item/results").ShouldBe(5);

        tool.Clock.Now += TimeSpan.FromSeconds(30);
        tool.Site.On("/item/results", 200, "[]");
        await ReadAsync(tool);
        await ReadAsync(tool);
    }

    [Fact]
    public async Task Platform_without_a_connection_is_left_alone_and_no_assertion_is_signed_for_it()
    {
        using var tool = new TestTool(server.NewSite(), services: new ServiceOptions { RetryDelay = TimeSpan.FromMilliseconds(1), BreakerRequests = 3 });
        tool.Site.On("/token", context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        (await FailsAsync(tool)).Failure.ShouldBe(ServiceFailure.Unreachable);
        (await FailsAsync(tool)).Failure.ShouldBe(ServiceFailure.CircuitOpen);

        tool.Site.Count("/token").ShouldBe(3);
    }

    [Theory]
    [InlineData(404, null)]
    [InlineData(429, null)]
    [InlineData(503, "30")]
    public async Task Platform_that_answers_is_not_dead(int status, string? retryAfter)
    {
        using var tool = new TestTool(server.NewSite(), services: new ServiceOptions { Attempts = 1 });
        tool.Site.On("/item/results", status, "", retryAfter is null ? [] : [("Retry-After", retryAfter)]);

        for (var count = 0; count < 20; count++)
            (await FailsAsync(tool)).Status.ShouldBe(status);
    }

    [Fact]
    public async Task Registrations_on_one_host_have_circuits_of_their_own()
    {
        using var tool = new TestTool(server.NewSite(), services: new ServiceOptions { Attempts = 1 });
        tool.Site.On("/broken/results", 500);
        tool.Site.On("/item/results", 200, "[]");
        ServiceFailure last;
        do
            last = (await Should.ThrowAsync<LtiServiceException>(() => Grades(tool).GetResultsAsync(tool.Platform, tool.Site.Uri("/broken"), CancellationToken.None))).Failure;
        while (last != ServiceFailure.CircuitOpen);

        await Grades(tool).GetResultsAsync(tool.Platform with { Id = Guid.NewGuid() }, tool.Site.Uri("/item"), CancellationToken.None);
    }

    [Fact]
    public async Task Platform_that_hangs_delays_nobody_else()
    {
        var hanging = server.NewSite();
        using var tool = new TestTool(server.NewSite());
        var asked = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        hanging.On("/token", async context =>
        {
            asked.TrySetResult();
            await end.Task;
            context.Response.StatusCode = 400;
        });
        tool.Site.On("/item/results", 200, "[]");
        var other = hanging.Registration with { Id = Guid.NewGuid() };
        var stuck = Enumerable.Range(0, 50).Select(_ => Grades(tool).GetResultsAsync(other, hanging.Uri("/item"), CancellationToken.None)).ToList();
        await asked.Task;

        await ReadAsync(tool);
        stuck.ShouldAllBe(call => !call.IsCompleted);

        end.SetResult();
        foreach (var call in stuck)
            await Should.ThrowAsync<LtiServiceException>(() => call);
    }

    [Fact]
    public async Task Caller_who_gives_up_ends_the_repeating()
    {
        using var tool = new TestTool(server.NewSite(), services: new ServiceOptions { RetryDelay = TimeSpan.FromSeconds(5) });
        using var impatient = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        tool.Site.On("/item/results", context =>
        {
            asked.TrySetResult();
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        var reading = Grades(tool).GetResultsAsync(tool.Platform, tool.Site.Uri("/item"), impatient.Token);
        await asked.Task;
        await impatient.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => reading);

        tool.Site.Count("/item/results").ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Option_out_of_its_bounds_is_named_with_an_example(ServiceOptions options, string name)
    {
        using var tool = new TestTool(server.NewSite(), services: options);

        Should.Throw<ArgumentException>(() => tool.Get<AssignmentAndGradeServices>()).Message.ShouldContain($"ServiceOptions.{name} is out of its bounds; for example ");
    }

    private static AssignmentAndGradeServices Grades(TestTool tool) => tool.Get<AssignmentAndGradeServices>();

    private static Task<ResultsPage> ReadAsync(TestTool tool) => Grades(tool).GetResultsAsync(tool.Platform, tool.Site.Uri("/item"), CancellationToken.None);

    private static Task<LtiServiceException> FailsAsync(TestTool tool) => Should.ThrowAsync<LtiServiceException>(() => ReadAsync(tool));
}
