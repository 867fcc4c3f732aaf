using Dapper;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.Operators;

/// <summary>Makes a sign-in link for an operator. The outcome is the whole URL; only the hash of its secret is kept.</summary>
internal sealed record MakeOperatorLink(TimeSpan Lifetime) : IWrite<Uri>;

internal sealed class MakeOperatorLinkHandler(Work work, Settings settings, TimeProvider clock) : IRequestHandler<MakeOperatorLink, Uri>
{
    public async Task<Uri> Handle(MakeOperatorLink request, CancellationToken cancellationToken)
    {
        var token = Secrets.New();
        await work.Connection.ExecuteAsync(
            "INSERT INTO OperatorLink (TokenHash, ExpiresAt) VALUES (@Hash, @ExpiresAt)", new { Hash = Secrets.Hash(token), ExpiresAt = clock.GetUtcNow() + request.Lifetime }, work.Transaction);
        return new Uri($"{settings.PublicBase}/operator/{token}");
    }
}

/// <summary>Spends a link, once, for a session of eight hours. The outcome is the session's secret, or null where the link is not good.</summary>
internal sealed record SpendOperatorLink(string Token) : IWrite<string?>;

internal sealed class SpendOperatorLinkHandler(Work work, TimeProvider clock) : IRequestHandler<SpendOperatorLink, string?>
{
    public async Task<string?> Handle(SpendOperatorLink request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var spent = await work.Connection.ExecuteAsync(
            "UPDATE OperatorLink SET SpentAt = @now WHERE TokenHash = @Hash AND SpentAt IS NULL AND ExpiresAt > @now", new { now, Hash = Secrets.Hash(request.Token) }, work.Transaction);
        if (spent == 0)
            return null;
        var session = Secrets.New();
        await work.Connection.ExecuteAsync("DELETE FROM OperatorSession WHERE ExpiresAt < @now", new { now }, work.Transaction);
        await work.Connection.ExecuteAsync(
            "INSERT INTO OperatorSession (TokenHash, ExpiresAt) VALUES (@Hash, @ExpiresAt)", new { Hash = Secrets.Hash(session), ExpiresAt = now + OperatorPage.Lifetime }, work.Transaction);
        return session;
    }
}

internal sealed record EndOperatorSession(string Session) : IWrite<bool>;

internal sealed class EndOperatorSessionHandler(Work work) : IRequestHandler<EndOperatorSession, bool>
{
    public async Task<bool> Handle(EndOperatorSession request, CancellationToken cancellationToken) =>
        await work.Connection.ExecuteAsync("DELETE FROM OperatorSession WHERE TokenHash = @Hash", new { Hash = Secrets.Hash(request.Session) }, work.Transaction) == 1;
}

/// <summary>Nobody is signed in as an operator in this browser.</summary>
internal sealed class NotAnOperatorException() : Exception("no operator session");

/// <summary>A page for operators. Never in a frame; the cookie is SameSite=Strict.</summary>
internal abstract class OperatorPage : PageModel
{
    public const string Cookie = "ltimc-operator";
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var database = HttpContext.RequestServices.GetRequiredService<Database>();
        var clock = HttpContext.RequestServices.GetRequiredService<TimeProvider>();
        if (Request.Cookies[Cookie] is not { Length: 43 } session)
            throw new NotAnOperatorException();
        await using (var connection = await database.OpenAsync(HttpContext.RequestAborted))
        {
            var good = await connection.ExecuteScalarAsync<int>(
                "SELECT COUNT(*) FROM OperatorSession WHERE TokenHash = @Hash AND ExpiresAt > @Now", new { Hash = Secrets.Hash(session), Now = clock.GetUtcNow() });
            if (good == 0)
                throw new NotAnOperatorException();
        }

        Response.Headers.CacheControl = "no-store";
        await next();
    }
}
