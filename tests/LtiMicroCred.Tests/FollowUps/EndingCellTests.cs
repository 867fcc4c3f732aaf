using Dapper;
using LtiMicroCred.DemoLms;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Features.FollowUps;
using LtiMicroCred.Features.Results;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Tests.FollowUps;

/// <summary>The cell of a credential that ends by itself, a month after it was issued.</summary>
public sealed class EndingCellTests : IAsyncLifetime
{
    private readonly MovedClock _clock = new();
    private DemoLmsServer _lms = null!;
    private ProductDatabase _product = null!;
    private Classroom _room = null!;
    private Column _column = null!;
    private Person _learner = null!;

    public async ValueTask InitializeAsync()
    {
        _lms = await DemoLmsServer.StartAsync(new DemoLmsOptions { Clock = _clock }, CancellationToken.None);
        _product = await ProductDatabase.CreateAsync($"http://127.0.0.1:{DemoWorld.FreePort()}", clock: _clock);
        _room = await _product.FurnishAsync(learners: 0, validMonths: 1);
        _column = await RealLms.ConnectAsync(_product, _lms);
        await _product.ServeAsync(_product.PublicUrl);
        _learner = _lms.School.Person("learner");
        await _product.SendAsync(new UseColumn(_room.TenantId, _room.ActivityId, "own", 1, On: false));
        await _product.ExecuteAsync(
            """
            INSERT INTO Learner (LearnerId, TenantId, PlatformId, Subject, CreatedAt) SELECT @learner, TenantId, PlatformId, @Subject, CreatedAt FROM Course;
            INSERT INTO LearnerProfile (LearnerId, SubjectKey) VALUES (@learner, randomblob(32));
            INSERT INTO CourseMember (CourseId, LearnerId, IsLearner, IsActive, Seen) SELECT CourseId, @learner, 1, 1, 'roster' FROM Course;
            UPDATE LineItem SET InUse = 1, Url = 'http://localhost:1/formula', NextReadAt = '9999-12-31T00:00:00.000000Z' WHERE Way = 'formula';
            """,
            new { learner = Guid.CreateVersion7(), Subject = _learner.Id });
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _lms.DisposeAsync();
    }

    [Fact]
    public async Task An_award_that_ends_by_itself_empties_its_cell()
    {
        await ShowAsync();
        await PassAsync();
        await UntilAsync("TriedAt IS NOT NULL AND LeasedUntil IS NULL AND State = 'waiting' AND Attempts = 0", "it is sent, and looked at again when the credential ends");
        Cell().ShouldBe(100);
        _clock.Move(TimeSpan.FromDays(32));
        await UntilAsync("State = 'done'", "it is sent again");
        Cell().ShouldBe(0);
        _lms.School.Gradebook.GradeOf(_column, _learner)!.Comment.ShouldContain("that is over");
    }

    [Fact]
    public async Task An_award_that_ends_while_its_score_is_on_the_way_empties_its_cell_too()
    {
        await PassAsync();
        await Campus.UntilAsync(async () => await _product.CountAsync("HeldAward") == 1, "the award is there");
        // It ends seven seconds from now, and the LMS takes eight: of ten that it has.
        _lms.Faults.Slow(LmsService.Scores, TimeSpan.FromSeconds(8));
        _clock.Move((await IssuedAtAsync()).AddMonths(1) - TimeSpan.FromSeconds(7) - _clock.GetUtcNow());
        await ShowAsync();
        await Campus.UntilAsync(() => Task.FromResult(Cell() == 100), "the cell is full, a second late");
        _lms.Faults.Clear();
        await UntilAsync("State = 'done'", "it is sent again");
        Cell().ShouldBe(0);
    }

    private async Task<DateTimeOffset> IssuedAtAsync()
    {
        await using var connection = await _product.OpenAsync();
        return await connection.QuerySingleAsync<DateTimeOffset>("SELECT IssuedAt FROM Award");
    }

    private async Task ShowAsync() => (await _product.SendAsync(new ShowScores(_room.TenantId, _room.ActivityId, true))).ShouldBeTrue();

    private Task PassAsync() =>
        _product.SendAsync(new RecordResults(_room.FormulaColumn, [new Lti.Result { UserId = _learner.Id, ResultScore = 80, ResultMaximum = 100, MessageHash = new byte[32] }]));

    private Task UntilAsync(string followUp, string what) => Campus.UntilAsync(async () => await _product.CountAsync($"FollowUp WHERE {followUp}") == 1, what);

    private decimal? Cell() => _lms.School.Gradebook.GradeOf(_column, _learner)?.Points;
}
