using FsCheck;
using FsCheck.Fluent;
using LtiMicroCred.Features.Awards;

namespace LtiMicroCred.Tests.Awards;

public sealed class RegradingTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nothing_is_taken_from_who_passes_nor_given_back_to_who_does_not() => Prop.ForAll(Cases().ToArbitrary(), c =>
        Regrading.Follow(c.Wish, c.State, c.Standing, s_noon, c.Last) switch
        {
            AwardAction.Suspend or AwardAction.Revoke => c.Standing != Standing.Passed && c.State == AwardState.Issued && c.Wish != WhenBelow.Flag,
            AwardAction.Reinstate => c is { Standing: Standing.Passed, State: AwardState.Suspended } && c.Last?.Kind != RulingKind.Suspend,
            _ => true,
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_somebody_settled_stays_settled() => Prop.ForAll(Cases().ToArbitrary(), c =>
        !(c.Last is { Kind: RulingKind.Keep } && c.Last.At >= s_noon) || Regrading.Follow(c.Wish, AwardState.Issued, c.Standing, s_noon, c.Last) == AwardAction.None).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(24, 21)] // three months before
    [InlineData(3, 2)]
    [InlineData(12, 9)]
    public void An_award_can_be_renewed_near_its_end(int months, int afterMonths)
    {
        var from = Validity.RenewableFrom(s_noon, months);
        from.ShouldBeInRange(s_noon.AddMonths(afterMonths).AddDays(-2), s_noon.AddMonths(afterMonths).AddDays(2));
        Validity.Until(s_noon, months).ShouldBe(s_noon.AddMonths(months));
        Validity.Until(s_noon, null).ShouldBeNull();
    }

    private static Gen<(WhenBelow Wish, string State, Standing Standing, Ruling? Last)> Cases() =>
        from wish in Gen.Elements(Enum.GetValues<WhenBelow>())
        from state in Gen.Elements(AwardState.Issued, AwardState.Suspended)
        from standing in Gen.Elements(Enum.GetValues<Standing>())
        from kind in Gen.Elements(Enum.GetValues<RulingKind>())
        from hours in Gen.Choose(-2, 2)
        from nobody in Gen.Elements(true, false)
        select (wish, state, standing, nobody ? null : new Ruling(kind, s_noon.AddHours(hours), null));
}
