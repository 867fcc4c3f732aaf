using LtiMicroCred.Features.Ledgers;

namespace LtiMicroCred.Tests.Databases;

public sealed class DigestFileTests : IDisposable
{
    private const string First = """{"database_name":"LtiMicroCred","block_id":0,"hash":"0x6D7D","last_transaction_commit_time":"2026-10-06T16:50:55.1066667","digest_time":"2026-10-07T01:13:23.3601279"}""";
    private const string Second = """{"database_name":"LtiMicroCred","block_id":1,"hash":"0x8A01","last_transaction_commit_time":"2026-10-08T16:50:55.1066667","digest_time":"2026-10-08T17:13:23.3601279"}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("digests-").FullName;

    private string File => Path.Combine(_folder, "digests.jsonl");

    [Fact]
    public async Task Digests_are_added_line_by_line_and_read_back_in_order()
    {
        await DigestFile.AppendAsync(File, First, CancellationToken.None);
        await DigestFile.AppendAsync(File, Second, CancellationToken.None);

        (await System.IO.File.ReadAllTextAsync(File)).ShouldBe($"{First}\n{Second}\n");
        var (digests, passed) = await DigestFile.ReadAsync(File, CancellationToken.None);
        digests.ShouldBe([First, Second]);
        passed.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_line_cut_short_is_ended_and_passed_over()
    {
        await System.IO.File.WriteAllTextAsync(File, $"{First}\n{Second[..40]}");

        await DigestFile.AppendAsync(File, Second, CancellationToken.None);

        var (digests, passed) = await DigestFile.ReadAsync(File, CancellationToken.None);
        digests.ShouldBe([First, Second]);
        passed.ShouldBe([2]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("""{"block_id":"0","hash":"0x00"}""")]
    [InlineData("""{"block_id":0.5,"hash":"0x00"}""")]
    [InlineData("""{"block_id":0,"hash":7}""")]
    [InlineData("""{"block_id":0}""")]
    [InlineData("""{"block_id":0,"hash":"0x00"},{}""")]
    public void What_is_no_digest_is_none(string text) => DigestFile.Line(text).ShouldBeNull();

    [Fact]
    public void A_digest_over_several_lines_becomes_one() =>
        DigestFile.Line("{\n  \"block_id\": 0,\n  \"hash\": \"0x00\"\n}").ShouldBe("""{"block_id":0,"hash":"0x00"}""");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
