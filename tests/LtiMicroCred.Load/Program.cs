using System.CommandLine;
using System.Globalization;
using LtiMicroCred.Load;

var launches = new Option<int>("--launches") { Description = "Measured launches with warm keys.", DefaultValueFactory = _ => 10_000 };
var connections = new Option<int>("--connections") { Description = "Browsers at work at the same time.", DefaultValueFactory = _ => 4 };
var platforms = new Option<int>("--platforms") { Description = "Registrations whose keys are cold after a restart.", DefaultValueFactory = _ => 20 };
var learners = new Option<int>("--learners") { Description = "People who come back again and again.", DefaultValueFactory = _ => 500 };
var soak = new Option<int>("--soak") { Description = "Further launches for the memory's sake; its working set is printed on the way.", DefaultValueFactory = _ => 0 };
var root = new RootCommand("Plays complete launches (login to the 303) against the real server and prints what they cost it.") { launches, connections, platforms, learners, soak };
root.SetAction((parsed, _) => RunAsync(parsed.GetValue(launches), parsed.GetValue(connections), parsed.GetValue(platforms), parsed.GetValue(learners), parsed.GetValue(soak)));
var size = new Option<int>("--size") { Description = "Entries of the large log.", DefaultValueFactory = _ => 100_000 };
var rounds = new Option<int>("--rounds") { Description = "Of each comparison; the median counts.", DefaultValueFactory = _ => 15 };
var ledger = new Command("ledger", "Prints what the ledger costs beside the same rows without it.") { size, rounds };
ledger.SetAction((parsed, _) => LedgerCosts.RunAsync(parsed.GetValue(size), parsed.GetValue(rounds)));
root.Add(ledger);
var people = new Option<int>("--learners") { Description = "Learners of one course who all pass at once; 0 leaves this out, as with the others.", DefaultValueFactory = _ => 10_000 };
var quiet = new Option<int>("--quiet") { Description = "Columns in which nothing happens.", DefaultValueFactory = _ => 10_000 };
var minutes = new Option<int>("--minutes") { Description = "How long grades trickle in.", DefaultValueFactory = _ => 3 };
var results = new Command("results", "Prints how fast results become awards, what unchanged ones cost, and how long a grade waits.") { people, quiet, minutes };
results.SetAction((parsed, _) => ResultCosts.RunAsync(parsed.GetValue(people), parsed.GetValue(quiet), parsed.GetValue(minutes)));
root.Add(results);
return await root.Parse(args).InvokeAsync();

static async Task RunAsync(int launches, int connections, int platforms, int learners, int soak)
{
    await using var lms = await LoadPlatform.StartAsync();
    await using var tool = new ToolServer();
    using var browsers = new Launches(lms);
    await tool.StartAsync();
    await Course.RegisterAsync(tool, lms, platforms);
    await Course.ChooseCredentialAsync(tool, lms);

    var cold = Enumerable.Range(0, learners).Select(i => new Launcher(tool.Url, 0, string.Create(CultureInfo.InvariantCulture, $"s{i}"))).ToArray();
    Say($"memory idle:           {tool.WorkingSetMegabytes:0} MB");
    Say($"first launch of each of {learners} learners (not warmed up): {await PlayAsync(tool, browsers, cold, learners, connections)}");
    await PlayAsync(tool, browsers, cold, Math.Max(launches / 2, learners), connections);

    var verification = Measured.VerificationMilliseconds();
    var warm = await PlayAsync(tool, browsers, cold, launches, connections);
    verification = Math.Min(verification, Measured.VerificationMilliseconds());
    Say($"warm launches:         {warm}");
    Say($"                       = {warm.CpuMilliseconds / verification:0.0} verifications of {verification * 1000:0.0} µs CPU (target: at most 40)");

    Say($"of these the logins:   {await Measured.RunAsync(tool, launches, connections, (_, i) => browsers.LogInAsync(cold[i % cold.Length]))}");

    var (page, _) = await browsers.PlayAsync(cold[0]);
    await Measured.RunAsync(tool, 500, connections, (_, _) => browsers.OpenAsync(cold[0], page));
    Say($"learner's page:        {await Measured.RunAsync(tool, 1_000, connections, (_, _) => browsers.OpenAsync(cold[0], page))} (target: at most 5 ms)");

    await ColdKeysAsync(tool, lms, browsers, cold, platforms, connections);
    for (var played = 0; played < soak;)
    {
        var step = Math.Min(20_000, soak - played);
        await PlayAsync(tool, browsers, cold, step, connections);
        played += step;
        Say($"memory after {played} more launches: {tool.WorkingSetMegabytes:0} MB");
    }
}

// Every registration's first launch after a restart asks for its keys; one key server never answers.
static async Task ColdKeysAsync(ToolServer tool, LoadPlatform lms, Launches browsers, Launcher[] warm, int platforms, int connections)
{
    await tool.RestartAsync();
    await PlayAsync(tool, browsers, warm, 2_000, connections);
    var others = Enumerable.Range(1, platforms - 2).Select(p => new Launcher(tool.Url, p, "s1")).ToArray();
    Say($"first of each of {others.Length} registrations (cold keys): {await PlayAsync(tool, browsers, others, others.Length, connections)}");

    lms.DeadKeys = lms.Issuer(platforms - 1);
    var dead = Enumerable.Range(0, 20).Select(async i =>
    {
        try
        {
            await browsers.PlayAsync(new Launcher(tool.Url, platforms - 1, string.Create(CultureInfo.InvariantCulture, $"d{i}")));
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }).ToArray();
    await Task.Delay(200);
    Say($"warm, while 20 launches wait for a dead key server: {await PlayAsync(tool, browsers, warm, 2_000, connections)}");
    Say($"                       {(await Task.WhenAll(dead)).Count(refused => refused)} of the 20 were refused with a page");
}

static Task<Measured> PlayAsync(ToolServer tool, Launches browsers, Launcher[] people, int count, int connections)
{
    // Each connection has its own people: one browser does one thing at a time.
    var share = people.Length / connections;
    return Measured.RunAsync(tool, count, connections, async (connection, i) =>
    {
        var who = share > 0 ? people[(connection * share) + (i / connections % share)] : people[i % people.Length];
        return (await browsers.PlayAsync(who)).Took;
    });
}

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
