using System.CommandLine;
using System.Globalization;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Learners;
using LtiMicroCred.Features.Operators;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;

namespace LtiMicroCred;

/// <summary>0 done or intact · 10 broken · 2 usage, settings or environment, and any unhandled error · 3 refused.</summary>
internal static class ExitCode
{
    public const int Done = 0, Usage = 2, Refused = 3, Broken = 10;
}

/// <summary>The verbs. Answers go to standard output, everything else to standard error.</summary>
internal static partial class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = Build();
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("See --help.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Usage;
        }
        catch (SchemaRefusedException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return ExitCode.Refused;
        }
        catch (Exception exception) when (exception is SettingsException or TenantUnclearException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCode.Usage;
        }
        catch (System.Data.Common.DbException exception)
        {
            await Console.Error.WriteLineAsync($"The database failed: {exception.Message} Check LtiMicroCred:Database:ConnectionString, that the disk has room, and that “migrate” has run. Example: LtiMicroCred__Database__ConnectionString=Data Source=/var/lib/ltimicrocred/awards.db");
            return ExitCode.Usage;
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{exception.Message} Another program listens there; if that is LtiMicroCred itself, stop it first. Otherwise choose another address: ASPNETCORE_URLS=http://127.0.0.1:5081");
            return ExitCode.Usage;
        }
        catch (IOException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCode.Usage;
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync($"Failed: {exception}");
            return ExitCode.Usage;
        }
    }

    private static RootCommand Build()
    {
        var root = new RootCommand("Turns passes in any LMS into micro-credentials that last.");
        root.SetAction((_, ct) => ServeAsync(ct));
        root.Add(Verb("serve", "Starts the server (also without any verb).", (_, ct) => ServeAsync(ct)));
        root.Add(MigrateVerb());
#if DEMO
        root.Add(Features.Demo.DemoCommand.Build());
#endif
        root.Add(OperatorVerb());
        root.Add(PlatformsVerb());
        root.Add(KeysVerb());
        root.Add(LtiConfigVerb());
        root.Add(LedgerVerb());
        root.Add(LearnersVerb());
        root.TreatUnmatchedTokensAsErrors = true;
        return root;
    }

    private static Command Verb(string name, string description, Func<ParseResult, CancellationToken, Task<int>> action, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options)
            command.Add(option);
        command.SetAction(action);
        return command;
    }

    private static Command OperatorVerb()
    {
        var minutes = new Option<int>("--minutes") { Description = "How long the link is good.", DefaultValueFactory = _ => 15 };
        minutes.Validators.Add(r => RequireBetween(r, minutes, 1, 1440));
        return new Command("operator", "Operators of this server.")
        {
            Verb("link", "Prints a sign-in link for an operator; good once.", async (parsed, ct) =>
            {
                await using var app = await ServicesAsync(ct);
                Console.WriteLine(await app.Services.GetRequiredService<IServiceScopeFactory>().SendAsync(new MakeOperatorLink(TimeSpan.FromMinutes(parsed.GetValue(minutes))), ct));
                return ExitCode.Done;
            }, minutes),
        };
    }

    private static Command LearnersVerb()
    {
        var platform = new Option<Guid>("--platform") { Description = "The id of the registration, as platforms list prints it.", Required = true };
        var user = new Option<string>("--user") { Description = "The learner's id in that LMS (sub).", Required = true };
        return new Command("learners", "The people whom LMSs have told us of.")
        {
            Verb("erase", "Destroys what names a learner, for ever. The ledger still verifies; nobody can tell any more whose the awards were.", async (parsed, ct) =>
            {
                await using var app = await ServicesAsync(ct);
                if (await app.Services.GetRequiredService<EraseLearners>().RunAsync(parsed.GetValue(platform), parsed.GetValue(user)!, ct) is { } awards)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"erased, with the link to {awards} awards; the ledger says so within {EraseLearnerHandler.Spread.TotalDays:0} days"));
                    await Console.Error.WriteLineAsync("Backups made before still hold what was erased. Destroy them in time, and erase again after restoring one.");
                    return ExitCode.Done;
                }

                await Console.Error.WriteLineAsync("This registration has no such learner. See platforms list, and the LMS for the learner's id.");
                return ExitCode.Refused;
            }, platform, user),
        };
    }

    private static void RequireBetween(System.CommandLine.Parsing.OptionResult result, Option<int> option, int least, int most)
    {
        if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && (value < least || value > most))
            result.AddError($"{option.Name} takes a whole number from {least} to {most}.");
    }

    private static async Task<int> ServeAsync(CancellationToken ct)
    {
        await using var app = App.CreateBuilder([]).BuildServer();
        await PrepareAsync(app.Services, ct);
        await app.StartAsync(ct);
        var known = await app.Services.GetRequiredService<ListPlatforms>().AllAsync(ct);
        var settings = app.Services.GetRequiredService<Settings>();
        if (settings.Outgoing.AllowPrivateNetworks)
            await Console.Error.WriteLineAsync("Warning: LtiMicroCred:Outgoing:AllowPrivateNetworks is true. Whoever registers an LMS can make this server call addresses of its own network. That is for a demo; name campus networks in LtiMicroCred:Outgoing:AllowedNetworks instead.");
        if ((await app.Services.GetRequiredService<Migrations>().PlanAsync(ct)).NativeLedger is { } native)
            await Console.Error.WriteLineAsync(native.Sentence);
        await Console.Error.WriteLineAsync($"Ready at {settings.PublicBase}");
        if (known.Count == 0)
        {
            await Console.Error.WriteLineAsync("No LMS is registered yet. Next:");
            await Console.Error.WriteLineAsync("  LtiMicroCred platforms invite --tenant \"Your institution\"   prints the link to paste into your LMS");
            await Console.Error.WriteLineAsync("  LtiMicroCred operator link                                  prints a link to the administration pages");
        }

        await app.WaitForShutdownAsync(ct);
        return ExitCode.Done;
    }

    /// <summary>What every start needs: a supported host, a schema, the keys.</summary>
    internal static async Task PrepareAsync(IServiceProvider services, CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux())
            throw new SettingsException("LtiMicroCred runs on Linux: the signatures of its ledger come from OpenSSL 3 there. Start it in a Linux container or virtual machine.");
        var database = services.GetRequiredService<Database>();
        var migrations = services.GetRequiredService<Migrations>();
        if (database.Engine == LedgerEngine.Sqlite)
        {
            database.EnsureFolder();
            await migrations.ApplyAsync(ct);
        }
        else
        {
            // Before anything is asked of a server: a start without the key must not get far.
            services.GetRequiredService<MasterKey>();
            if (await migrations.PendingAsync(ct) is { Count: > 0 } pending)
                throw new SettingsException($"The database lacks {pending.Count} schema steps ({string.Join(", ", pending)}). Run the verb migrate first: LtiMicroCred migrate");
        }

        KeyRing.Verify(database, services.GetRequiredService<MasterKey>());
        await services.GetRequiredService<IServiceScopeFactory>().SendAsync(new RecordPublications(), ct);
    }

    /// <summary>The services without the server, on a prepared database.</summary>
    private static async Task<WebApplication> ServicesAsync(CancellationToken ct)
    {
        var app = QuietBuilder().Build();
        await PrepareAsync(app.Services, ct);
        return app;
    }

    private static WebApplicationBuilder QuietBuilder()
    {
        var builder = App.CreateBuilder([]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter(null, LogLevel.Warning);
        return builder;
    }

    private static Command MigrateVerb()
    {
        var script = new Option<bool>("--script") { Description = "Only prints the SQL that would be run, for review. Changes nothing." };
        return Verb("migrate", "Brings the database to this version's schema.", (parsed, ct) => MigrateAsync(parsed.GetValue(script), ct), script);
    }

    private static async Task<int> MigrateAsync(bool script, CancellationToken ct)
    {
        await using var app = QuietBuilder().Build();
        var migrations = app.Services.GetRequiredService<Migrations>();
        var plan = await migrations.PlanAsync(ct);
        foreach (var step in plan.Steps)
            await Console.Error.WriteLineAsync($"to run: {step.Name}: {step.Purpose}");
        if (plan.NativeLedger is { } native)
            await Console.Error.WriteLineAsync(native.Sentence);
        if (script)
        {
            foreach (var step in plan.Steps)
                Console.WriteLine($"-- {step.Name}\n{step.Text}");
            return ExitCode.Done;
        }

        app.Services.GetRequiredService<Database>().EnsureFolder();
        foreach (var step in await migrations.ApplyAsync(ct))
            Console.WriteLine(step);
        await Console.Error.WriteLineAsync("The database has this version's schema.");
        return ExitCode.Done;
    }
}
