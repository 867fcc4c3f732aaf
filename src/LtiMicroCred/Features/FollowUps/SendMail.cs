using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Text;
using Dapper;
using LtiMicroCred.Storage;
using LtiMicroCred.Texts;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.FollowUps;

/// <summary>Tells a learner by mail what became of an award: plain text, no score, nothing that reports back.</summary>
internal sealed class SendMail(Database database, Settings settings, IStringLocalizer<Words> words)
{
    private sealed record Facts
    {
        public required string Email { get; init; }
        public string? Name { get; init; }
        public required string Title { get; init; }
        public required string Institution { get; init; }
        public string? Course { get; init; }
        public string? PublicCode { get; init; }
    }

    /// <exception cref="FollowUpException"/>
    public async Task RunAsync(DueFollowUp followUp, CancellationToken ct)
    {
        if (settings.Smtp is not { } smtp)
            throw new FollowUpException("NoMail", isFinal: true);
        if (await FactsAsync(followUp, ct) is not { } facts)
            return; // erased, or the address is gone
        if (!MailAddress.TryCreate(facts.Email, facts.Name, out var to))
            throw new FollowUpException("MailAddress", isFinal: true);
        using var message = new MailMessage(smtp.From, to)
        {
            Subject = Line(words[$"Mail.{followUp.Event}.Subject", facts.Title]),
            SubjectEncoding = Encoding.UTF8,
            Body = Body(followUp, facts),
            BodyEncoding = Encoding.UTF8,
        };
        message.Headers.Add("Auto-Submitted", "auto-generated"); // RFC 3834, 5
        await SendAsync(smtp, message, ct);
    }

    private string Body(DueFollowUp followUp, Facts facts)
    {
        var lines = new List<string> { words[$"Mail.{followUp.Event}.What", facts.Title, facts.Institution], "", words["Mail.Where", facts.Course ?? facts.Title] };
        if (facts.PublicCode is { } code)
            lines.AddRange(["", words["Mail.Public"], $"{settings.PublicBase}/c/{code}"]);
        lines.AddRange(["", words["Mail.Why", facts.Institution]]);
        return string.Join("\r\n", lines);
    }

    private static async Task SendAsync(SmtpSettings smtp, MailMessage message, CancellationToken ct)
    {
        using var client = new SmtpClient(smtp.Host, smtp.Port) { EnableSsl = !smtp.IsLocal };
        if (smtp.User is { } user)
            client.Credentials = new NetworkCredential(user, await PasswordAsync(smtp, ct));
        try
        {
            await client.SendMailAsync(message, ct);
        }
        catch (SmtpException failure)
        {
            throw failure.StatusCode switch
            {
                SmtpStatusCode.MailboxUnavailable or SmtpStatusCode.MailboxNameNotAllowed or SmtpStatusCode.UserNotLocalTryAlternatePath => new FollowUpException("MailAddress", isFinal: true, inner: failure),
                >= (SmtpStatusCode)500 => new FollowUpException("MailRefused", isFinal: true, inner: failure),
                _ => new FollowUpException("MailNoAnswer", isFinal: false, inner: failure),
            };
        }
        catch (Exception failure) when (failure is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            throw new FollowUpException("MailNoAnswer", isFinal: false, inner: failure);
        }
    }

    private static async Task<string> PasswordAsync(SmtpSettings smtp, CancellationToken ct)
    {
        try
        {
            return smtp.PasswordFile is { } file ? (await File.ReadAllTextAsync(file, ct)).TrimEnd('\r', '\n') : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new FollowUpException("MailPassword", isFinal: false, inner: failure);
        }
    }

    // A line break in a header would begin another header.
    private static string Line(string text) => string.Concat(text.Where(c => !char.IsControl(c)));

    private async Task<Facts?> FactsAsync(DueFollowUp followUp, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Facts>(
            """
            SELECT f.Email, f.Name, v.Title, t.Name AS Institution, c.Title AS Course, CASE WHEN p.PublicSince IS NULL THEN NULL ELSE p.Code END AS PublicCode
            FROM Award w JOIN Tenant t ON t.TenantId = w.TenantId
            JOIN LearnerProfile f ON f.LearnerId = w.LearnerId
            JOIN AchievementVersion v ON v.AchievementId = w.AchievementId AND v.Version = w.AchievementVersion
            JOIN Activity a ON a.ActivityId = @ActivityId JOIN Course c ON c.CourseId = a.CourseId
            LEFT JOIN CredentialPage p ON p.AwardId = w.AwardId
            WHERE w.AwardId = @AwardId AND w.TenantId = @TenantId AND w.LearnerId = @LearnerId AND f.Email IS NOT NULL
            """,
            new { followUp.ActivityId, followUp.AwardId, followUp.TenantId, followUp.LearnerId });
    }
}
