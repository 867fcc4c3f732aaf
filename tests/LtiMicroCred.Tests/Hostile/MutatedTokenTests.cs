using LtiMicroCred.Features.Demo;
using LtiMicroCred.Tests.Mutations;

namespace LtiMicroCred.Tests.Hostile;

/// <summary>What a registered but hostile platform signs never makes the running server fail: each changed token is taken, or refused as the sender's mistake.</summary>
public sealed class MutatedTokenTests
{
    private const int Seed = 20261122;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_one_change_to_a_signed_token_is_taken_or_refused(bool deepLinking)
    {
        await using var product = await ProductDatabase.CreateAsync($"http://127.0.0.1:{DemoWorld.FreePort()}");
        using var server = await ToolProcess.ServeAsync(product.Configuration);
        await using var platform = await HostilePlatform.RegisterAsync(product);
        using var template = new Wire();
        var whole = await BeginAsync(template);
#pragma warning disable CA5394 // a test that can be repeated, no secret
        var random = new Random(Seed);
#pragma warning restore CA5394
        var payload = whole.Claims.ToJsonString();
        // Every header, and of the payloads every other for each kind of launch; the library's own test plays all of them.
        var mutations = JsonMutation.AllOf(whole.Claims).Where((_, index) => index % 2 == (deepLinking ? 0 : 1)).Select(m => (InHeader: false, Mutation: m))
            .Concat(JsonMutation.AllOf(whole.Header).Select(m => (InHeader: true, Mutation: m)))
            .Concat(Enumerable.Range(0, 200).Select(_ => (InHeader: false, Mutation: JsonMutation.Chance(payload, random)))).ToList();
        var (taken, refused) = (0, 0);
        await Parallel.ForEachAsync(mutations, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (each, _) =>
        {
            using var wire = new Wire();
            var launch = await BeginAsync(wire);
            var text = each.Mutation.Text.Replace(whole.Nonce, launch.Nonce, StringComparison.Ordinal);
            var token = each.InHeader ? platform.Sign(text, launch.Claims.ToJsonString()) : platform.Sign(launch.Header.ToJsonString(), text);
            var answer = await launch.PostAsync(wire, token);
            if (answer.Status == 303)
            {
                Interlocked.Increment(ref taken);
                // What was taken is shown as well.
                answer = await wire.FollowAsync(answer);
                answer.Status.ShouldBeInRange(200, 499, each.Mutation.What);
                answer.Body.ShouldNotContain("<script>alert", Case.Sensitive, each.Mutation.What);
            }
            else
            {
                Interlocked.Increment(ref refused);
                answer.Status.ShouldBeInRange(400, 499, each.Mutation.What);
                answer.Text.ShouldContain("What to do");
            }
        });
        taken.ShouldBeGreaterThan(100);
        refused.ShouldBeGreaterThan(500);

        async Task<HostileLaunch> BeginAsync(Wire wire)
        {
            var launch = await platform.BeginAsync(wire, product.PublicUrl);
            return deepLinking ? launch.AsDeepLinking() : launch;
        }
    }
}
