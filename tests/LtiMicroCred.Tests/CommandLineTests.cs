using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Dapper;
using LtiMicroCred.Features.Demo;
using Microsoft.Data.Sqlite;

namespace LtiMicroCred.Tests;

/// <summary>The verbs as processes, as scripts see them: exit codes, answers on standard output, everything else on standard error.</summary>
[SupportedOSPlatform("linux")]
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ltimicrocred-cli-").FullName;

    private string Database => Path.Combine(_folder, "awards.db");

    private Dictionary<string, string> Environment => new(StringComparer.Ordinal)
    {
        ["LtiMicroCred__Database__ConnectionString"] = $"Data Source={Database}",
        ["LtiMicroCred__PublicUrl"] = "https://credentials.example.edu",
    };

    [Fact]
    public async Task Every_verb_answers_on_standard_output_alone()
    {
        var migrated = await RunAsync("migrate");
        migrated.ExitCode.ShouldBe(ExitCode.Done, migrated.Errors);
        migrated.Output.ShouldMatch("^(\\d{4}_[a-z]+\n)+$");
        migrated.Errors.ShouldContain("to run: 0001");
        (await RunAsync("migrate")).ShouldBe((ExitCode.Done, "", "The database has this version's schema.\n"));

        var invited = await RunAsync("platforms", "invite", "--tenant", "University of Lindhaven");
        invited.ExitCode.ShouldBe(ExitCode.Done, invited.Errors);
        invited.Output.ShouldMatch("^https://credentials\\.example\\.edu/register/[\\w-]{43}\n$");
        (await RunAsync("platforms", "list")).ShouldBe((ExitCode.Done, "", ""));
        (await RunAsync("platforms", "list", "--json")).Output.ShouldBe("[]\n");

        var link = await RunAsync("operator", "link", "--minutes", "5");
        link.ExitCode.ShouldBe(ExitCode.Done, link.Errors);
        link.Output.ShouldMatch("^https://credentials\\.example\\.edu/operator/[\\w-]{43}\n$");
        link.Errors.ShouldBeEmpty();

        (await RunAsync("ledger", "verify")).ShouldBe((ExitCode.Done, "INTACT 0 entries in 1 logs\n0 checkpoints and 0 tiles agree; no outside checkpoint was given\n", ""));
        var json = await RunAsync("ledger", "verify", "--json");
        json.ExitCode.ShouldBe(ExitCode.Done);
        JsonDocument.Parse(json.Output).RootElement.GetProperty("intact").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task What_a_migration_will_do_is_said_before_and_its_SQL_can_be_read_without_doing_it()
    {
        var script = await RunAsync("migrate", "--script");
        script.ExitCode.ShouldBe(ExitCode.Done, script.Errors);
        script.Errors.ShouldContain("to run: 0004_ledger: Every kind of entry, hash tiles and signed checkpoints.\n");
        script.Output.ShouldContain("-- 0001_core\n");
        script.Output.ShouldContain("CREATE TABLE LedgerTile");
        File.Exists(Database).ShouldBeFalse();

        await RunAsync("migrate");
        (await RunAsync("migrate", "--script")).Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Digests_are_for_SQL_Server_and_the_message_says_what_to_use_instead()
    {
        var file = Path.Combine(_folder, "digests.jsonl");
        var (code, output, errors) = await RunAsync("ledger", "digest", "--to", file);
        code.ShouldBe(ExitCode.Usage);
        output.ShouldBeEmpty();
        errors.ShouldContain("ledger checkpoint");
        File.Exists(file).ShouldBeFalse();

        (await RunAsync("ledger", "digest", "--check", file)).ExitCode.ShouldBe(ExitCode.Usage);
        await File.WriteAllTextAsync(file, "nonsense\n");
        (await RunAsync("ledger", "digest", "--check", file)).Errors.ShouldContain("holds no digest");
        await File.WriteAllTextAsync(file, "{\"block_id\":0,\"hash\":\"0x00\"}\n");
        (code, _, errors) = await RunAsync("ledger", "digest", "--check", file);
        code.ShouldBe(ExitCode.Usage);
        errors.ShouldContain("This database is SQLite");
    }

    [Fact]
    public async Task Platforms_are_listed_by_tabs_and_as_JSON_and_approved_by_id()
    {
        await RunAsync("platforms", "invite", "--tenant", "University of Lindhaven");
        await ExecuteAsync(
            """
            INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, CreatedAt)
              SELECT '00000000-0000-4000-8000-000000000001', TenantId, 'https://lms.example', 'c1', 'https://lms.example/a', 'https://lms.example/t', 'https://lms.example/k', '2026-01-01T00:00:00.000000Z' FROM Tenant;
            INSERT INTO Platform (PlatformId, TenantId, Issuer, ClientId, AuthorizationEndpoint, TokenEndpoint, JwksUri, CreatedAt)
              SELECT '00000000-0000-4000-8000-000000000002', TenantId, 'https://lms.example', 'c2', 'https://lms.example/a', 'https://lms.example/t', 'https://lms.example/k', '2026-01-02T00:00:00.000000Z' FROM Tenant;
            INSERT INTO Deployment (DeploymentKey, PlatformId, DeploymentId, TenantId, FirstSeenAt, TurnedAway)
              SELECT '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'd1', TenantId, '2026-01-01T00:00:00.000000Z', 1 FROM Tenant;
            """);

        const string Waiting = "00000000-0000-4000-8000-000000000003\thttps://lms.example\tc1\td1\tUniversity of Lindhaven\t", Empty = "00000000-0000-4000-8000-000000000002\thttps://lms.example\tc2\t-\tUniversity of Lindhaven\tpending\n";
        (await RunAsync("platforms", "list")).ShouldBe((ExitCode.Done, $"{Waiting}pending\n{Empty}", ""));
        (await RunAsync("platforms", "approve", "00000000-0000-4000-8000-000000000003")).ShouldBe((ExitCode.Done, "approved\n", ""));
        (await RunAsync("platforms", "approve", "00000000-0000-4000-8000-000000000003")).ShouldBe((ExitCode.Done, "was approved before\n", ""));
        (await RunAsync("platforms", "list")).Output.ShouldBe($"{Waiting}approved\n{Empty}");
        var first = JsonDocument.Parse((await RunAsync("platforms", "list", "--json")).Output).RootElement[0];
        first.GetProperty("deployment_id").GetString().ShouldBe("d1");
        first.GetProperty("state").GetString().ShouldBe("approved");

        foreach (var id in new[] { "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000009", "nonsense" })
        {
            var refused = await RunAsync("platforms", "approve", id);
            refused.ExitCode.ShouldBe(ExitCode.Refused, id);
            refused.Output.ShouldBeEmpty();
            refused.Errors.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task A_platform_is_added_and_shown_and_never_added_twice()
    {
        string[] add = ["platforms", "add", "--tenant", "University of Lindhaven", "--lms", "blackboard", "--client-id", "0b1c", "--deployment", "d1", "--deployment", "d2", "--name", "Campus"];
        var added = await RunAsync(add);
        added.ExitCode.ShouldBe(ExitCode.Done, added.Errors);
        var facts = added.Output.TrimEnd('\n').Split('\n').Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        facts["login"].ShouldBe("https://credentials.example.edu/lti/login");
        facts["jwks"].ShouldBe($"https://credentials.example.edu/lti/jwks/{facts["id"]}");
        (await RunAsync("platforms", "list")).Output.Split('\n').Count(l => l.EndsWith("approved", StringComparison.Ordinal)).ShouldBe(2);

        var shown = JsonDocument.Parse((await RunAsync("platforms", "show", facts["id"], "--json")).Output).RootElement;
        shown.GetProperty("issuer").GetString().ShouldBe("https://blackboard.com");
        shown.GetProperty("jwks").GetString().ShouldBe("https://developer.blackboard.com/api/v1/management/applications/0b1c/jwks.json");
        shown.GetProperty("keys")[0].GetProperty("state").GetString().ShouldBe("signing");
        shown.GetProperty("deployments").GetArrayLength().ShouldBe(2);
        (await RunAsync("platforms", "show", facts["id"])).Output.ShouldContain("client_id\t0b1c\n");

        var again = await RunAsync(add);
        again.ExitCode.ShouldBe(ExitCode.Refused);
        again.Errors.ShouldContain("is registered already");
        foreach (var verb in new string[][] { ["platforms", "show", "nonsense"], ["keys", "rotate", "--platform", "00000000-0000-4000-8000-000000000009"] })
            (await RunAsync(verb)).ExitCode.ShouldBe(ExitCode.Refused, string.Join(' ', verb));
    }

    [Fact]
    public async Task A_platform_that_cannot_be_read_is_named_option_by_option()
    {
        await RunAsync("platforms", "list"); // the first start makes the master key, and says so
        var (code, output, errors) = await RunAsync("platforms", "add", "--tenant", "University of Lindhaven", "--client-id", "c1", "--issuer", "lms.example.edu", "--authorization", "https://lms.example.edu/auth", "--token", "http://lms.example.edu/token", "--algorithms", "RS256 none");
        code.ShouldBe(ExitCode.Usage);
        output.ShouldBeEmpty();
        errors.TrimEnd('\n').Split('\n').Select(l => l.Split(':')[0]).ShouldBe(["--issuer", "--token", "--jwks", "--algorithms"], ignoreOrder: true);
        (await RunAsync("platforms", "list")).Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_pages_for_administrators_are_written_for_any_server()
    {
        var folder = Path.Combine(_folder, "pages");
        var (code, output, errors) = await RunAsync("lti-config", folder, "--url", "https://awards.lindhaven.example/tool");
        code.ShouldBe(ExitCode.Done, errors);
        output.Split('\n').ShouldContain(line => line == Path.Combine(folder, "canvas.json"));
        (await File.ReadAllTextAsync(Path.Combine(folder, "moodle.md"))).ShouldContain("https://awards.lindhaven.example/tool/lti/login");
        File.Exists(Database).ShouldBeFalse("it needs no database");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("keys", "rotate")]
    [InlineData("keys", "rotate", "--all", "--platform", "x")]
    [InlineData("platforms", "add")]
    [InlineData("platforms", "add", "--client-id", "c1", "--lms", "nonsense")]
    [InlineData("lti-config")]
    [InlineData("ledger", "digest")]
    [InlineData("ledger", "digest", "--to", "a", "--check", "b")]
    [InlineData("platforms")]
    [InlineData("platforms", "approve")]
    [InlineData("platforms", "invite", "--hours", "0")]
    [InlineData("platforms", "invite", "--tenant", " ")]
    [InlineData("operator", "link", "--minutes", "many")]
    [InlineData("demo", "--tool-port", "70000")]
    public async Task A_wrong_command_is_a_mistake_of_use_with_a_hint(params string[] verb)
    {
        var (code, output, errors) = await RunAsync(verb);
        code.ShouldBe(ExitCode.Usage);
        output.ShouldBeEmpty();
        errors.ShouldContain("See --help.");
        File.Exists(Database).ShouldBeFalse();
    }

    [Theory]
    [InlineData("PublicUrl", "nonsense", "https://credentials.example.edu")]
    [InlineData("PublicUrl", "http://credentials.example.edu", "https://credentials.example.edu")]
    [InlineData("Database:Engine", "Oracle", "Sqlite")]
    [InlineData("Results:PollSeconds", "0", "60")]
    [InlineData("Keys:RotateAfterDays", "3", "180")]
    [InlineData("Limits:LaunchesPerSecond", "0", "500")]
    [InlineData("Limits:LaunchesPerSecond", "many", "500")]
    [InlineData("Outgoing:AllowPrivateNetworks", "perhaps", "false")]
    [InlineData("Outgoing:AllowedNetworks", "10.0.0.0/99", "10.20.0.0/16")]
    [InlineData("Outgoing:AllowedNetworks", "campus", "10.20.0.0/16")]
    [InlineData("Database:ConnectionString", "Nonsense=1", "Data Source=")]
    public async Task A_wrong_setting_is_named_with_an_example(string key, string value, string example)
    {
        var environment = Environment;
        environment["LtiMicroCred__" + key.Replace(":", "__", StringComparison.Ordinal)] = value;
        var (code, output, errors) = await ToolProcess.RunAsync(environment, "serve");
        code.ShouldBe(ExitCode.Usage, errors);
        output.ShouldBeEmpty();
        errors.ShouldContain($"LtiMicroCred:{key}");
        errors.ShouldContain(example);
        errors.ShouldNotContain("   at LtiMicroCred", Case.Sensitive, "a sentence, not a stack trace");
    }

    [Fact]
    public async Task On_SQL_Server_the_master_key_must_be_named()
    {
        var (code, output, errors) = await ToolProcess.RunAsync(OnUnreachableSqlServer(), "platforms", "list");
        code.ShouldBe(ExitCode.Usage);
        output.ShouldBeEmpty();
        errors.ShouldContain("LtiMicroCred:Keys:MasterKeyFile");
        errors.ShouldContain("openssl rand -base64 32");
    }

    [Fact]
    public async Task An_unreachable_SQL_Server_is_named_without_its_password()
    {
        var keyFile = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(keyFile, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            var environment = OnUnreachableSqlServer();
            environment["LtiMicroCred__Keys__MasterKeyFile"] = keyFile;
            var (code, output, errors) = await ToolProcess.RunAsync(environment, "platforms", "list");
            code.ShouldBe(ExitCode.Usage);
            output.ShouldBeEmpty();
            errors.ShouldContain("LtiMicroCred:Database:ConnectionString");
            errors.ShouldNotContain("Password=x");
        }
        finally
        {
            File.Delete(keyFile);
        }
    }

    [Fact]
    public async Task A_tampered_ledger_is_reported_as_broken()
    {
        await using var product = await ProductDatabase.CreateAsync();
        var room = await product.FurnishAsync(learners: 1);
        await product.SendAsync(new Features.Results.RecordResults(room.OwnColumn, [new Lti.Result { UserId = "1", ResultScore = 80, ResultMaximum = 100, MessageHash = [1] }]));
        (await ToolProcess.RunAsync(product.Configuration, "ledger", "verify")).ShouldBe((ExitCode.Done, "INTACT 2 entries in 1 logs\n0 checkpoints and 0 tiles agree; no outside checkpoint was given\n", ""));

        await product.ExecuteAsync("UPDATE Award SET State = 'revoked'");

        var (code, output, errors) = await ToolProcess.RunAsync(product.Configuration, "ledger", "verify");
        code.ShouldBe(ExitCode.Broken, errors);
        output.ShouldMatch("^BROKEN entry 2 Award\\.State: [^\n]+\n$");
        var json = await ToolProcess.RunAsync(product.Configuration, "ledger", "verify", "--json");
        json.ExitCode.ShouldBe(ExitCode.Broken);
        JsonDocument.Parse(json.Output).RootElement.GetProperty("broken").GetString().ShouldNotBeNull().ShouldStartWith("BROKEN entry 2 Award.State");
    }

    [Fact]
    public async Task Verifying_what_is_not_there_makes_nothing()
    {
        var (code, output, errors) = await RunAsync("ledger", "verify");
        code.ShouldBe(ExitCode.Usage);
        output.ShouldBeEmpty();
        errors.ShouldContain("does not exist");
        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("INSERT INTO SchemaMigration (Number, Name, Checksum, AppliedAt) VALUES (9999, '9999_later', 'x', '2026-01-01T00:00:00.000000Z')", "schema step 9999")]
    [InlineData("UPDATE SchemaMigration SET Checksum = 'x' WHERE Number = 1", "differs from the one that this database has run")]
    public async Task A_database_of_another_version_is_refused_and_left_alone(string sql, string saying)
    {
        await RunAsync("migrate");
        await ExecuteAsync(sql);
        foreach (var verb in new string[][] { ["migrate"], ["serve"], ["platforms", "list"] })
        {
            var (code, output, errors) = await RunAsync(verb);
            code.ShouldBe(ExitCode.Refused, errors);
            output.ShouldBeEmpty();
            errors.ShouldContain(saying);
        }
    }

    [Fact]
    public async Task Migrations_started_at_once_on_one_new_file_each_step_runs_once()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RunAsync("migrate")));
        runs.ShouldAllBe(r => r.ExitCode == ExitCode.Done);
        runs.Count(r => r.Output.Length > 0).ShouldBe(1);
    }

    [Fact]
    public async Task Two_servers_started_at_once_on_one_new_file_share_its_keys()
    {
        string[] urls = [$"http://127.0.0.1:{DemoWorld.FreePort()}", $"http://127.0.0.1:{DemoWorld.FreePort()}"];
        var servers = await Task.WhenAll(urls.Select(url => ToolProcess.ServeAsync(new Dictionary<string, string>(Environment, StringComparer.Ordinal) { ["Urls"] = url })));
        try
        {
            foreach (var (one, other) in new[] { (urls[0], urls[1]), (urls[1], urls[0]) })
            {
                using var wire = new Wire();
                (await wire.GetAsync(one + "/health/ready")).Body.ShouldBe("ready");
                var form = SelfPost.In(await wire.GetAsync($"{one}/operator/{new string('A', 43)}"));
                (await wire.PostAsync(other + new Uri(form.Action).AbsolutePath, form.Fields)).Text.ShouldContain("This link is not good any more", Case.Sensitive, "what one server sealed the other opens");
            }
        }
        finally
        {
            foreach (var server in servers)
                server.Dispose();
        }
    }

    [Fact]
    public async Task A_server_that_is_told_to_stop_ends_well()
    {
        using var server = await ToolProcess.ServeAsync(new Dictionary<string, string>(Environment, StringComparer.Ordinal) { ["Urls"] = $"http://127.0.0.1:{DemoWorld.FreePort()}" });
        (await server.StopAsync()).ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task A_lost_master_key_is_named_and_never_replaced()
    {
        await SealSomethingAsync();
        var key = Database + ".masterkey";
        File.Exists(key).ShouldBeTrue();
        (File.GetUnixFileMode(key) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)).ShouldBe(UnixFileMode.None);

        File.Move(key, key + ".elsewhere");
        var (code, output, errors) = await RunAsync("operator", "link");
        code.ShouldBe(ExitCode.Usage, errors);
        output.ShouldBeEmpty();
        errors.ShouldContain("LtiMicroCred:Keys:MasterKeyFile");
        errors.ShouldNotContain("   at LtiMicroCred");
        File.Exists(key).ShouldBeFalse("a new key would only hide the loss");

        File.Move(key + ".elsewhere", key);
        (await RunAsync("operator", "link")).ExitCode.ShouldBe(ExitCode.Done);
    }

    [Theory]
    [InlineData("garbage", "does not hold 32 bytes in base64")]
    [InlineData("", "does not hold 32 bytes in base64")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "another key than the one")]
    public async Task A_wrong_master_key_is_named(string content, string saying)
    {
        await SealSomethingAsync();
        await File.WriteAllTextAsync(Database + ".masterkey", content);
        var (code, output, errors) = await RunAsync("operator", "link");
        code.ShouldBe(ExitCode.Usage, errors);
        output.ShouldBeEmpty();
        errors.ShouldContain("LtiMicroCred:Keys:MasterKeyFile");
        errors.ShouldContain(saying);
        errors.ShouldNotContain("   at LtiMicroCred");
    }

    [Theory]
    [InlineData("rsa.pem", null)]
    [InlineData("ec.pem", "no secret")]
    [InlineData("rsa.pfx", "no secret")]
    public async Task A_certificate_can_be_the_master_key(string name, string? password)
    {
        var first = WithCertificate(name, password);
        (await ToolProcess.RunAsync(first, "migrate")).ExitCode.ShouldBe(ExitCode.Done);
        var link = await ToolProcess.RunAsync(first, "operator", "link");
        link.ExitCode.ShouldBe(ExitCode.Done, link.Errors);
        using (await ToolProcess.ServeAsync(new Dictionary<string, string>(first, StringComparer.Ordinal) { ["Urls"] = $"http://127.0.0.1:{DemoWorld.FreePort()}" }))
            File.Exists(Database + ".masterkey").ShouldBeFalse();
        (await ToolProcess.RunAsync(first, "operator", "link")).ExitCode.ShouldBe(ExitCode.Done);

        var (code, _, errors) = await ToolProcess.RunAsync(WithCertificate("other-" + name, password), "operator", "link");
        code.ShouldBe(ExitCode.Usage, errors);
        errors.ShouldContain("is another key than the one that sealed");
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_is_named()
    {
        var both = WithCertificate("rsa.pem", null);
        both["LtiMicroCred__Keys__MasterKeyFile"] = Database + ".masterkey";
        (await ToolProcess.RunAsync(both, "operator", "link")).Errors.ShouldContain("LtiMicroCred:Keys:CertificatePath is set, and Keys:MasterKeyFile too");

        var closed = WithCertificate("ec.pem", "no secret");
        closed.Remove("LtiMicroCred__Keys__CertificatePasswordFile");
        var (code, output, errors) = await ToolProcess.RunAsync(closed, "operator", "link");
        (code, output).ShouldBe((ExitCode.Usage, ""));
        errors.ShouldContain("LtiMicroCred:Keys:CertificatePasswordFile");
        errors.ShouldNotContain("no secret");
        errors.ShouldNotContain("   at LtiMicroCred");

        var missing = WithCertificate("rsa.pem", null);
        missing["LtiMicroCred__Keys__CertificatePath"] = Path.Combine(_folder, "nowhere.pem");
        (await ToolProcess.RunAsync(missing, "operator", "link")).Errors.ShouldContain("cannot be read");
    }

    private Dictionary<string, string> WithCertificate(string name, string? password)
    {
        var path = Path.Combine(_folder, name);
        using AsymmetricAlgorithm key = name.Contains("ec.", StringComparison.Ordinal) ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        var request = key is RSA rsa
            ? new CertificateRequest("CN=keys", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=keys", (ECDsa)key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1));
        if (name.EndsWith(".pfx", StringComparison.Ordinal))
            File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12, password));
        else
            File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{(password is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)))}\n");
        var environment = Environment;
        environment["LtiMicroCred__Keys__CertificatePath"] = path;
        if (password is not null)
        {
            File.WriteAllText(path + ".password", password + "\n");
            environment["LtiMicroCred__Keys__CertificatePasswordFile"] = path + ".password";
        }

        return environment;
    }

    [Fact]
    public async Task A_relative_database_lies_in_the_callers_folder()
    {
        var environment = Environment;
        environment["LtiMicroCred__Database__ConnectionString"] = "Data Source=kept/here.db";
        var (code, _, errors) = await ToolProcess.RunInAsync(_folder, environment, "migrate");
        code.ShouldBe(ExitCode.Done, errors);
        File.Exists(Path.Combine(_folder, "kept", "here.db")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("/proc/awards/awards.db")]
    [InlineData("/dev/null/awards.db")]
    [InlineData("/proc/awards.db")]
    public async Task A_folder_that_cannot_be_written_is_named(string file)
    {
        var environment = Environment;
        environment["LtiMicroCred__Database__ConnectionString"] = $"Data Source={file}";
        foreach (var verb in new string[][] { ["migrate"], ["serve"] })
        {
            var (code, output, errors) = await ToolProcess.RunAsync(environment, verb);
            code.ShouldBe(ExitCode.Usage, errors);
            output.ShouldBeEmpty();
            errors.ShouldContain("LtiMicroCred:Database:ConnectionString");
            errors.ShouldNotContain("   at LtiMicroCred");
        }
    }

    [Fact]
    public async Task A_full_disk_is_told_and_leaves_no_half_a_schema()
    {
        var (code, output, errors) = await ToolProcess.RunOnFullDiskAsync(kilobytes: 48, Environment, "migrate");
        code.ShouldBe(ExitCode.Usage, errors);
        output.ShouldBeEmpty();
        errors.ShouldContain("that the disk has room");

        var again = await RunAsync("migrate");
        again.ExitCode.ShouldBe(ExitCode.Done, again.Errors);
        again.Output.ShouldStartWith("0001", Case.Sensitive, "nothing was half done");
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] verb) => ToolProcess.RunAsync(Environment, verb);

    // A form's token is sealed: the first page with a form makes the first key of the ring.
    private async Task SealSomethingAsync()
    {
        var url = $"http://127.0.0.1:{DemoWorld.FreePort()}";
        using var server = await ToolProcess.ServeAsync(new Dictionary<string, string>(Environment, StringComparer.Ordinal) { ["Urls"] = url });
        using var wire = new Wire();
        (await wire.GetAsync($"{url}/operator/x")).Status.ShouldBe(200);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        await connection.ExecuteAsync(sql);
    }

    private Dictionary<string, string> OnUnreachableSqlServer()
    {
        var environment = Environment;
        environment["LtiMicroCred__Database__Engine"] = "SqlServer";
        environment["LtiMicroCred__Database__ConnectionString"] = "Server=127.0.0.1,1;Database=x;User Id=x;Password=x;Encrypt=false;Connect Timeout=1";
        return environment;
    }
}
