namespace LtiMicroCred.Lti.Tests.Http;

public sealed class LeastRecentlyUsedTests
{
    [Fact]
    public void Newcomer_takes_the_place_of_the_one_asked_for_longest_ago()
    {
        var made = new List<string>();
        var values = new LeastRecentlyUsed<string, string>(2);
        foreach (var key in new[] { "a", "b", "a", "c", "a", "b" })
            values.GetOrAdd(key, Make).ShouldBe(key.ToUpperInvariant());

        made.ShouldBe(["a", "b", "c", "b"]);
        values.Count.ShouldBe(2);

        string Make(string key)
        {
            made.Add(key);
            return key.ToUpperInvariant();
        }
    }

    [Fact]
    public void One_place_is_enough()
    {
        var values = new LeastRecentlyUsed<int, int>(1);

        foreach (var key in Enumerable.Range(0, 10))
            values.GetOrAdd(key, same => same).ShouldBe(key);

        values.Count.ShouldBe(1);
    }
}
