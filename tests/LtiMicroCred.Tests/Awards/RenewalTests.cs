using System.Security.Cryptography;
using Dapper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Results;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.Tests.Awards;

/// <summary>An award that counts for a year.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task Passing_again_near_the_end_renews_it_and_passing_again_before_does_not()
    {
        var clock = new MovedClock();
        await using var product = await ProductDatabase.CreateAsync(clock: clock);
        var room = await product.FurnishAsync(learners: 2, validMonths: 12);
        await PassAsync("1", 80);
        await PassAsync("2", 80);

        clock.Move(TimeSpan.FromDays(100));
        await PassAsync("1", 90);
        (await product.CountAsync("Award")).ShouldBe(2, "a better grade in the middle of its time is no new award");

        clock.Move(TimeSpan.FromDays(190));
        await PassAsync("1", 95);
        (await EntriesAsync("1")).ShouldBe(["award.issued", "award.superseded", "award.issued"], ignoreOrder: true);
        (await PlaceAsync("1")).ShouldBe(Place.Awarded);

        clock.Move(TimeSpan.FromDays(100));
        (await PlaceAsync("1")).ShouldBe(Place.Awarded, "the new one counts");
        (await PlaceAsync("2")).ShouldBe(Place.Expired);
        await PassAsync("2", 40);
        (await EntriesAsync("2")).ShouldBe(["award.issued"], "a grade that falls after its time changes nothing");
        await PassAsync("2", 70);
        (await EntriesAsync("2")).ShouldBe(["award.issued", "award.superseded", "award.issued"], ignoreOrder: true);
        (await product.CountAsync("HeldAward")).ShouldBe(2);
        (await product.VerifyAsync()).Break.ShouldBeNull();

        // What somebody suspended is not renewed past them; once it is reinstated it is.
        await DecideAsync(RulingKind.Suspend);
        clock.Move(TimeSpan.FromDays(330));
        await PassAsync("1", 99);
        (await product.CountAsync("Award")).ShouldBe(4);
        await DecideAsync(RulingKind.Reinstate);
        await PassAsync("1", 100);
        (await product.CountAsync("Award")).ShouldBe(5);

        async Task DecideAsync(RulingKind kind)
        {
            await using var connection = await product.OpenAsync();
            var people = (await connection.QueryAsync<Guid>("SELECT LearnerId FROM Learner ORDER BY Subject")).AsList();
            (await product.SendAsync(new DecideAward(room.TenantId, room.ActivityId, people[0], kind, "because", people[1]))).ShouldBeTrue();
        }

        Task<ResultsRecorded> PassAsync(string subject, decimal score) => product.SendAsync(new RecordResults(
            room.OwnColumn, [new NewResult { Subject = subject, Score = score, Maximum = 100, GradedAt = clock.GetUtcNow(), MessageHash = SHA256.HashData([1]) }]));

        async Task<IReadOnlyList<string>> EntriesAsync(string subject)
        {
            await using var connection = await product.OpenAsync();
            return (await connection.QueryAsync<string>(
                "SELECT e.Kind FROM LedgerEntry e JOIN Award w ON w.AwardId = e.AwardId JOIN Learner l ON l.LearnerId = w.LearnerId WHERE l.Subject = @subject ORDER BY e.Number", new { subject })).AsList();
        }

        async Task<Place> PlaceAsync(string subject)
        {
            await using var connection = await product.OpenAsync();
            var learner = await connection.QuerySingleAsync<Guid>("SELECT LearnerId FROM Learner WHERE Subject = @subject", new { subject });
            var overview = product.Services.GetRequiredService<CourseOverview>();
            var activity = await overview.ActivityAsync(room.TenantId, room.ActivityId, CancellationToken.None);
            return (await overview.LearnersAsync(room.TenantId, activity!, learner, CancellationToken.None)).ShouldHaveSingleItem().Place;
        }
    }
}
