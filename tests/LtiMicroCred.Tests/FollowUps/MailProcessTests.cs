using System.Globalization;
using System.Security.Cryptography;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.FollowUps;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.FollowUps;

/// <summary>Mail across processes: killed, two at once, signed in, and no mail server at all.</summary>
public sealed class MailProcessTests
{
    [Fact]
    public async Task Killed_after_the_award_the_next_process_tells_the_learner()
    {
        var hold = new TaskCompletionSource();
        await using var mail = new MailServer { Patience = hold.Task };
        await using var product = await CreateAsync(mail, learners: 1);
        using (var first = await ToolProcess.ServeAsync(product.Configuration))
        {
            await Campus.UntilAsync(() => Task.FromResult(mail.Calls == 1), "the mail is being sent");
            first.Kill();
        }

        hold.SetResult();
        (await product.CountAsync("Award")).ShouldBe(1);
        (await product.CountAsync("FollowUp WHERE State = 'waiting' AND LeasedUntil IS NOT NULL")).ShouldBe(1);
        // Three minutes later.
        await product.ExecuteAsync("UPDATE FollowUp SET LeasedUntil = CreatedAt");
        using var second = await ToolProcess.ServeAsync(product.Configuration);
        await DoneAsync(product, 1);
        mail.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_processes_one_sends_each_mail()
    {
        const int Learners = 60;
        await using var mail = new MailServer();
        await using var product = await CreateAsync(mail, Learners);
        using var first = await ToolProcess.ServeAsync(product.Configuration);
        using var second = await ToolProcess.ServeAsync(new Dictionary<string, string>(product.Configuration, StringComparer.Ordinal) { ["Urls"] = $"http://127.0.0.1:{DemoWorld.FreePort()}" });
        await DoneAsync(product, Learners);
        mail.Taken.Count.ShouldBe(Learners);
        mail.Taken.Select(m => m.Split('\n').First(line => line.StartsWith("To:", StringComparison.Ordinal))).Distinct(StringComparer.Ordinal).Count().ShouldBe(Learners);
    }

    [Theory]
    [InlineData("correct horse", "done ")]
    [InlineData("battery staple", "failed MailRefused")]
    public async Task It_signs_in_with_the_password_of_a_file(string password, string outcome)
    {
        await using var mail = new MailServer { SignIn = ("credentials", password) };
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "correct horse\n");
            await using var product = await CreateAsync(mail, learners: 1, new("LtiMicroCred__Smtp__User", "credentials"), new("LtiMicroCred__Smtp__PasswordFile", file));
            (await SendAsync(product)).ShouldBe(outcome);
            mail.Taken.Count.ShouldBe(outcome == "done " ? 1 : 0);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task No_mail_server_at_all_is_tried_again()
    {
        var mail = new MailServer();
        await mail.DisposeAsync();
        await using var product = await CreateAsync(mail, learners: 1);
        (await SendAsync(product)).ShouldBe("waiting MailNoAnswer");
    }

    private static async Task<ProductDatabase> CreateAsync(MailServer mail, int learners, params IEnumerable<KeyValuePair<string, string>> others)
    {
        var product = await ProductDatabase.CreateAsync(
            $"http://127.0.0.1:{DemoWorld.FreePort()}",
            others:
            [
                new("LtiMicroCred__Smtp__Host", "127.0.0.1"), new("LtiMicroCred__Smtp__Port", mail.Port.ToString(CultureInfo.InvariantCulture)), new("LtiMicroCred__Smtp__From", "credentials@example.edu"), .. others,
            ]);
        var room = await product.FurnishAsync(learners);
        await product.ExecuteAsync(
            """
            UPDATE LearnerProfile SET Email = (SELECT 'l' || Subject || '@example.edu' FROM Learner l WHERE l.LearnerId = LearnerProfile.LearnerId);
            UPDATE LineItem SET NextReadAt = '9999-12-31T00:00:00.000000Z';
            """);
        await product.SendAsync(new RecordResults(room.OwnColumn, Enumerable.Range(1, learners).Select(i => new Result
        {
            UserId = i.ToString(CultureInfo.InvariantCulture),
            ResultScore = 83,
            ResultMaximum = 100,
            MessageHash = SHA256.HashData([1]),
        })));
        return product;
    }

    private static async Task<string> SendAsync(ProductDatabase product)
    {
        await product.ExecuteAsync("UPDATE FollowUp SET DueAt = '2026-01-01T00:00:00.000000Z'");
        await product.Services.GetRequiredService<SendFollowUps>().RunAsync(CancellationToken.None);
        await using var connection = await product.OpenAsync();
        return await Dapper.SqlMapper.QuerySingleAsync<string>(connection, "SELECT State || ' ' || COALESCE(Cause, '') FROM FollowUp");
    }

    private static Task DoneAsync(ProductDatabase product, int mails) =>
        Campus.UntilAsync(async () => await product.CountAsync("FollowUp WHERE State = 'done'") == mails, $"{mails} mails are sent");
}
