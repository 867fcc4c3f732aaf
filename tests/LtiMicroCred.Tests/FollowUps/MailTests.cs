using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.FollowUps;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Lti;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.FollowUps;

/// <summary>Learners are told by mail, once, and a mail server that is away or refuses loses nothing.</summary>
public sealed partial class MailTests : IAsyncLifetime
{
    private readonly MailServer _mail = new();
    private readonly MovedClock _clock = new();
    private ProductDatabase _product = null!;
    private Classroom _room = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await ProductDatabase.CreateAsync(
            clock: _clock,
            others: [new("LtiMicroCred__Smtp__Host", "127.0.0.1"), new("LtiMicroCred__Smtp__Port", FormattableString.Invariant($"{_mail.Port}")), new("LtiMicroCred__Smtp__From", "credentials@example.edu")]);
        _room = await _product.FurnishAsync(learners: 2);
        await _product.ExecuteAsync("UPDATE LearnerProfile SET Email = 'chau@example.edu', Name = 'Nguyễn Thị Minh Châu' WHERE LearnerId = (SELECT LearnerId FROM Learner WHERE Subject = '1')");
        await _product.ExecuteAsync("UPDATE Course SET Title = 'Responsible Data Science'");
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task Who_earns_it_is_told_once_without_a_score()
    {
        await PassAsync();
        await SendAsync();
        await SendAsync();

        var mail = Plain(_mail.Taken.ShouldHaveSingleItem());
        mail.ShouldContain("To: =?utf-8?");
        mail.ShouldContain("<chau@example.edu>");
        mail.ShouldContain("You earned the micro-credential “Data Ethics” of University of Lindhaven.");
        mail.ShouldContain("“Responsible Data Science”");
        mail.ShouldContain("Auto-Submitted: auto-generated");
        mail.ShouldNotContain("/c/", Case.Sensitive, "the page is private");
        mail.ShouldNotContain("83");
        (await _product.CountAsync("FollowUp WHERE State = 'done'")).ShouldBe(1, "the other learner has no address");
    }

    [Fact]
    public async Task A_suspension_and_its_end_are_told_too()
    {
        await _product.SendAsync(new SetPolicy(_room.TenantId, _room.AchievementId, WhenBelow.Suspend, await LearnerAsync("2")));
        await PassAsync();
        await GradeAsync(20);
        await GradeAsync(90);
        await SendAsync();
        _mail.Taken.Select(m => Plain(m)).Select(m => m.Contains("suspended", StringComparison.Ordinal) ? "suspended" : m.Contains("counts again", StringComparison.Ordinal) ? "again" : "earned").ShouldBe(["earned", "suspended", "again"]);
    }

    [Fact]
    public async Task A_mail_server_that_asks_for_patience_gets_it()
    {
        _mail.Recipient = "451 later";
        await PassAsync();
        await SendAsync();
        (await StateAsync()).ShouldBe("waiting MailNoAnswer 1");
        _mail.Recipient = "250 yes";
        await SendAsync();
        _mail.Taken.ShouldBeEmpty("it is not due yet");
        _clock.Move(TimeSpan.FromMinutes(1));
        await SendAsync();
        _mail.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_address_that_is_none_fails_for_good_until_somebody_tries_again()
    {
        _mail.Recipient = "550 nobody here";
        await PassAsync();
        await SendAsync();
        (await StateAsync()).ShouldBe("failed MailAddress 1");
        (await _product.SendAsync(new RetryFollowUps(Guid.NewGuid(), _room.ActivityId, null))).ShouldBe(0);
        _mail.Recipient = "250 yes";
        (await _product.SendAsync(new RetryFollowUps(_room.TenantId, _room.ActivityId, null))).ShouldBe(1);
        await SendAsync();
        _mail.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_did_not_work_for_three_days_fails()
    {
        _mail.Recipient = "451 later";
        await PassAsync();
        for (var i = 0; i < 40 && (await StateAsync()).StartsWith("waiting", StringComparison.Ordinal); i++)
        {
            await SendAsync();
            _clock.Move(TimeSpan.FromHours(6));
        }

        (await StateAsync()).ShouldStartWith("failed MailNoAnswer");
    }

    [Fact]
    public async Task A_name_cannot_add_a_header()
    {
        await _product.ExecuteAsync("UPDATE LearnerProfile SET Name = 'A' || char(13) || char(10) || 'Bcc: all@example.edu' WHERE Email IS NOT NULL");
        await PassAsync();
        await SendAsync();
        string.Join('\n', _mail.Taken).ShouldNotContain("\nBcc:");
    }

    [Fact]
    public async Task Nobody_writes_to_who_was_erased()
    {
        await PassAsync();
        await _product.SendAsync(new EraseLearner(_room.PlatformId, "1"));
        await SendAsync();
        _mail.Taken.ShouldBeEmpty();
        (await _product.CountAsync("FollowUp")).ShouldBe(0);
    }

    [Theory]
    [InlineData("Smtp__Host", "not a host", "Smtp:Host")]
    [InlineData("Smtp__From", "nobody", "Smtp:From")]
    [InlineData("Smtp__From", "", "Smtp:From")]
    [InlineData("Smtp__Port", "0", "Smtp:Port")]
    [InlineData("Smtp__PasswordFile", "secret", "Smtp:User")]
    public async Task A_wrong_setting_names_its_key(string key, string value, string named)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["LtiMicroCred__Smtp__Host"] = "mail.example.edu",
            ["LtiMicroCred__Smtp__From"] = "credentials@example.edu",
        };
        settings["LtiMicroCred__" + key] = value;
        (await Should.ThrowAsync<SettingsException>(() => ProductDatabase.CreateAsync(others: [.. settings]))).Message.ShouldContain($"LtiMicroCred:{named}");
    }

    // What the mail says, whatever the transfer encoding.
    private static string Plain(string message)
    {
        var body = message[(message.IndexOf("\n\n", StringComparison.Ordinal) is var end && end >= 0 ? end : message.IndexOf("\r\n\r\n", StringComparison.Ordinal))..];
        var text = message.Contains("base64", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Convert.FromBase64String(string.Concat(body.Where(c => !char.IsWhiteSpace(c)))))
            : Encoding.UTF8.GetString([.. Encoded().Replace(body.Replace("=\r\n", "", StringComparison.Ordinal).Replace("=\n", "", StringComparison.Ordinal), m => ((char)Convert.ToByte(m.Groups[1].Value, 16)).ToString()).Select(c => (byte)c)]);
        return message[..^body.Length] + text;
    }

    [GeneratedRegex("=([0-9A-F]{2})")]
    private static partial Regex Encoded();

    private Task PassAsync() => _product.SendAsync(new RecordResults(_room.OwnColumn, [Seen("1", 83), Seen("2", 83)]));

    private Task GradeAsync(decimal score) => _product.SendAsync(new RecordResults(_room.OwnColumn, [Seen("1", score)]));

    private static Result Seen(string subject, decimal score) => new() { UserId = subject, ResultScore = score, ResultMaximum = 100, MessageHash = SHA256.HashData([1]) };

    private async Task SendAsync()
    {
        _clock.Move(TimeSpan.FromSeconds(2));
        await _product.Services.GetRequiredService<SendFollowUps>().RunAsync(CancellationToken.None);
    }

    private async Task<string> StateAsync()
    {
        await using var connection = await _product.OpenAsync();
        return await connection.QuerySingleAsync<string>("SELECT State || ' ' || COALESCE(Cause, '') || ' ' || Attempts FROM FollowUp");
    }

    private async Task<Guid> LearnerAsync(string subject)
    {
        await using var connection = await _product.OpenAsync();
        return await connection.QuerySingleAsync<Guid>("SELECT LearnerId FROM Learner WHERE Subject = @subject", new { subject });
    }
}
