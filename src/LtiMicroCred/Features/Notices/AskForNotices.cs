using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapper;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Notices;

/// <summary>
/// Where a launch says that its deployment sends notices (PNS 1.0), asks for those that we read: after the launch's answer, once a month for each deployment.
/// What failed is tried again at a later launch, and never holds one up.
/// </summary>
internal sealed partial class AskForNotices(Database database, IServiceScopeFactory scopes, NoticeHandlers handlers, Settings settings, TimeProvider clock, ILogger<AskForNotices> log) : BackgroundService
{
    private static readonly string[] s_types = [ContextCopyNotice.Type, HelloWorldNotice.Type];
    private static readonly TimeSpan s_lasts = TimeSpan.FromDays(30), s_firstPause = TimeSpan.FromMinutes(1), s_longestPause = TimeSpan.FromDays(1);

    private readonly Channel<Offer> _offers = Channel.CreateBounded<Offer>(256);
    private readonly ConcurrentDictionary<Guid, Asked> _asked = new();

    private sealed record Offer(Guid DeploymentKey, string DeploymentId, Platform Platform, NoticeEndpoint Service);

    private sealed record Asked(string Url, DateTimeOffset NotBefore, int Failures);

    private sealed record Known
    {
        public string? Url { get; init; }
        public DateTimeOffset? At { get; init; }
    }

    public void Note(ValidLaunch launch, Guid deploymentKey)
    {
        if (launch.Notices is not { } service || !Array.Exists(s_types, service.Sends))
            return;
        var url = service.HandlersUrl.OriginalString;
        var before = _asked.GetValueOrDefault(deploymentKey);
        if (before is not null && before.Url == url && before.NotBefore > clock.GetUtcNow())
            return;
        var asking = new Asked(url, DateTimeOffset.MaxValue, before?.Url == url ? before.Failures : 0);
        var isFirst = before is null ? _asked.TryAdd(deploymentKey, asking) : _asked.TryUpdate(deploymentKey, asking, before);
        // What finds no room is offered again by the next launch.
        if (isFirst && !_offers.Writer.TryWrite(new Offer(deploymentKey, launch.DeploymentId, launch.Platform, service)))
            _asked.TryRemove(KeyValuePair.Create(deploymentKey, asking));
    }

    // A few at once: one LMS that does not answer holds up nobody else.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        _offers.Reader.ReadAllAsync(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = stoppingToken }, async (offer, ct) => await AskAsync(offer, ct));

    private async Task AskAsync(Offer offer, CancellationToken ct)
    {
        var asked = _asked[offer.DeploymentKey]; // put there before the offer
        try
        {
            if (await FindLastAsync(offer) is not { } at)
            {
                at = clock.GetUtcNow();
                foreach (var type in s_types.Where(offer.Service.Sends))
                    await handlers.RegisterAsync(offer.Platform, offer.Service.HandlersUrl, type, new Uri(settings.PublicBase + ReceiveNotices.Path), ct);
                await scopes.SendAsync(new KeepAsked(offer.DeploymentKey, asked.Url, at), ct);
                Log.Asked(log, offer.Platform.Issuer, offer.DeploymentId);
            }

            _asked[offer.DeploymentKey] = new Asked(asked.Url, at + s_lasts, 0);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            var pause = TimeSpan.FromTicks(Math.Min(s_longestPause.Ticks, s_firstPause.Ticks << Math.Min(asked.Failures, 20)));
            _asked[offer.DeploymentKey] = new Asked(asked.Url, clock.GetUtcNow() + pause, asked.Failures + 1);
            Log.Failed(log, offer.Platform.Issuer, offer.DeploymentId, failure.Message);
        }
    }

    /// <returns>Null if it was never done at this address, or too long ago.</returns>
    private async Task<DateTimeOffset?> FindLastAsync(Offer offer)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        var known = await connection.QuerySingleOrDefaultAsync<Known>("SELECT NoticesUrl AS Url, NoticesRegisteredAt AS At FROM Deployment WHERE DeploymentKey = @DeploymentKey", new { offer.DeploymentKey });
        return known?.Url == offer.Service.HandlersUrl.OriginalString && known.At > clock.GetUtcNow() - s_lasts ? known.At : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Issuer}, deployment {DeploymentId}, tells us from now on when a course is copied.")]
        public static partial void Asked(ILogger log, string issuer, string deploymentId);

        [LoggerMessage(2, LogLevel.Warning, "{Issuer}, deployment {DeploymentId}, offers notices but did not take our address; it is tried again at a later launch. Nothing else depends on it. {Reason}")]
        public static partial void Failed(ILogger log, string issuer, string deploymentId, string reason);
    }

    private sealed record KeepAsked(Guid DeploymentKey, string Url, DateTimeOffset At) : IWrite<bool>;

    private sealed class KeepAskedHandler(Work work) : IRequestHandler<KeepAsked, bool>
    {
        public async Task<bool> Handle(KeepAsked request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
            "UPDATE Deployment SET NoticesUrl = @Url, NoticesRegisteredAt = @At WHERE DeploymentKey = @DeploymentKey", request, work.Transaction) == 1;
    }
}
