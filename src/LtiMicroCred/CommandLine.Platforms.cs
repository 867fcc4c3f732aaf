using System.CommandLine;
using System.Text.Json;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Storage;
using LtiMicroCred.Texts;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred;

internal static partial class CommandLine
{
    private static Command PlatformsVerb()
    {
        var tenant = TenantOption();
        var hours = new Option<int>("--hours") { Description = "How long the link is good.", DefaultValueFactory = _ => 24 };
        hours.Validators.Add(r => RequireBetween(r, hours, 1, 720));
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var id = new Argument<string>("id") { Description = "From platforms list." };
        var approve = Verb("approve", "Lets a waiting deployment in.", (parsed, ct) => ApproveAsync(parsed.GetValue(id)!, ct));
        approve.Add(id);
        return new Command("platforms", "LMSs and their deployments.")
        {
            Verb("invite", "Prints a registration link for one LMS; good once.", async (parsed, ct) =>
            {
                await using var app = await ServicesAsync(ct);
                var invitation = await app.Services.GetRequiredService<IServiceScopeFactory>().SendAsync(
                    new InvitePlatform(parsed.GetValue(tenant)?.Trim(), TimeSpan.FromHours(parsed.GetValue(hours))), ct);
                Console.WriteLine(invitation.Url);
                return ExitCode.Done;
            }, tenant, hours),
            Verb("list", "One line a deployment: id, issuer, client_id, deployment_id or -, tenant, pending or approved.", (parsed, ct) => ListAsync(parsed.GetValue(json), ct), json),
            AddVerb(),
            ShowVerb(),
            approve,
        };
    }

    private static Option<string?> TenantOption()
    {
        var tenant = new Option<string?>("--tenant") { Description = "The institution that the LMS belongs to; made when new." };
        tenant.Validators.Add(r =>
        {
            if (r.GetValue(tenant) is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > 200 || name.Any(char.IsControl)))
                r.AddError("--tenant takes a name of 1 to 200 characters, for example --tenant \"University of Lindhaven\".");
        });
        return tenant;
    }

    private static Command AddVerb()
    {
        var tenant = TenantOption();
        var lms = new Option<string>("--lms") { Description = "Which LMS; fills in what is the same for all its customers.", DefaultValueFactory = _ => "other" };
        lms.AcceptOnlyFromAmong([.. Lms.All.Select(l => l.Id)]);
        var issuer = new Option<string?>("--issuer") { Description = "The LMS's issuer, exactly as it writes it." };
        var clientId = new Option<string?>("--client-id") { Description = "The client ID that the LMS gave the tool.", Required = true };
        var authorization = new Option<string?>("--authorization") { Description = "The address of the LMS's authentication request." };
        var token = new Option<string?>("--token") { Description = "The address of the LMS's access tokens." };
        var jwks = new Option<string?>("--jwks") { Description = "The address of the LMS's public keys." };
        var server = new Option<string?>("--authorization-server") { Description = "The audience of token requests, where the LMS names one." };
        var deployments = new Option<string[]>("--deployment") { Description = "A deployment ID to approve; may be repeated.", DefaultValueFactory = _ => [] };
        var algorithms = new Option<string>("--algorithms") { Description = "Signatures that are taken, parted by spaces.", DefaultValueFactory = _ => SignatureAlgorithms.Default };
        var name = new Option<string?>("--name") { Description = "What operators see it as." };
        return Verb("add", "Registers an LMS by hand; prints its id and the addresses that the LMS must be told.", (parsed, ct) =>
        {
            var known = Lms.Find(parsed.GetValue(lms))!; // one of them, as the option checks
            var typed = new TypedPlatform
            {
                Issuer = parsed.GetValue(issuer) ?? known.Issuer,
                ClientId = parsed.GetValue(clientId),
                Authorization = parsed.GetValue(authorization) ?? known.Authorization,
                Token = parsed.GetValue(token) ?? known.Token,
                Jwks = parsed.GetValue(jwks) ?? known.Jwks,
                AuthorizationServer = parsed.GetValue(server) ?? known.AuthorizationServer,
                Deployments = string.Join('\n', parsed.GetValue(deployments)!), // has a default
                Algorithms = parsed.GetValue(algorithms)!.Split(' ', StringSplitOptions.RemoveEmptyEntries), // has a default
                Name = parsed.GetValue(name),
            };
            return AddAsync(typed, known, parsed.GetValue(tenant)?.Trim(), ct);
        }, tenant, lms, issuer, clientId, authorization, token, jwks, server, deployments, algorithms, name);
    }

    private static Command ShowVerb()
    {
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var show = Verb("show", "One registration: its addresses and ours, its keys, its deployments.", (parsed, ct) => ShowAsync(parsed.GetValue<string>("id")!, parsed.GetValue(json), ct), json);
        show.Add(new Argument<string>("id") { Description = "From platforms list, or of the registration." });
        return show;
    }

    private static async Task<int> AddAsync(TypedPlatform typed, Lms lms, string? tenant, CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        if (typed.Read(lms.Product, out var problems) is not { } facts)
        {
            var words = app.Services.GetRequiredService<IStringLocalizer<Words>>();
            foreach (var field in problems)
                await Console.Error.WriteLineAsync($"--{(field == "deployments" ? "deployment" : field.Replace('_', '-'))}: {words["Register.Problem." + field]}");
            return ExitCode.Usage;
        }

        var platformId = Guid.CreateVersion7();
        await app.Services.GetRequiredService<ToolKeys>().EnsureAsync(platformId, ct);
        if (!await app.Services.GetRequiredService<IServiceScopeFactory>().SendAsync(new AddPlatform(platformId, tenant, facts), ct))
        {
            await Console.Error.WriteLineAsync($"{facts.Issuer} with client ID {facts.ClientId} is registered already. Nothing was changed; see platforms list.");
            return ExitCode.Refused;
        }

        var settings = app.Services.GetRequiredService<Settings>();
        var addresses = ToolAddresses.Of(settings.PublicUrl);
        Console.WriteLine($"id\t{platformId:D}\nlogin\t{addresses.Login}\nlaunch\t{addresses.Launch}\njwks\t{ToolAddresses.JwksOf(settings.PublicUrl, platformId)}");
        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(string id, bool json, CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        if (!Guid.TryParse(id, out var key) || await app.Services.GetRequiredService<ShowPlatform>().FindAsync(key, ct) is not { } platform)
        {
            await Console.Error.WriteLineAsync($"There is no registration {id}. See platforms list.");
            return ExitCode.Refused;
        }

        var settings = app.Services.GetRequiredService<Settings>();
        var addresses = ToolAddresses.Of(settings.PublicUrl);
        (string Name, string? Value)[] facts =
        [
            ("id", platform.PlatformId.ToString("D")), ("name", platform.Name), ("tenant", platform.Tenant), ("issuer", platform.Issuer), ("client_id", platform.ClientId),
            ("authorization", platform.AuthorizationEndpoint), ("token", platform.TokenEndpoint), ("jwks", platform.JwksUri), ("authorization_server", platform.AuthorizationServer),
            ("algorithms", platform.Algorithms), ("tool_login", addresses.Login), ("tool_launch", addresses.Launch), ("tool_jwks", ToolAddresses.JwksOf(settings.PublicUrl, platform.PlatformId)),
        ];
        var keys = await app.Services.GetRequiredService<ListKeys>().AllAsync(platform.PlatformId, ct);
        if (json)
        {
            var all = facts.ToDictionary(f => f.Name, f => (object?)f.Value, StringComparer.Ordinal);
            all["deployments"] = platform.Deployments.Select(d => new { id = d.DeploymentKey, deployment_id = d.DeploymentId, tenant = d.Tenant, state = d.ApprovedAt is null ? "pending" : "approved" });
            all["keys"] = keys.Select(k => new { kid = k.KeyId, state = Written(k.Standing) });
            Console.WriteLine(JsonSerializer.Serialize(all));
            return ExitCode.Done;
        }

        foreach (var (name, value) in facts)
            Console.WriteLine($"{name}\t{value ?? "-"}");
        foreach (var deployment in platform.Deployments)
            Console.WriteLine($"deployment\t{deployment.DeploymentId}\t{(deployment.ApprovedAt is null ? "pending" : "approved")}");
        foreach (var k in keys)
            Console.WriteLine($"key\t{k.KeyId}\t{Written(k.Standing)}");
        return ExitCode.Done;
    }

    private static async Task<int> ListAsync(bool json, CancellationToken ct)
    {
        await using var app = await ServicesAsync(ct);
        var rows = await app.Services.GetRequiredService<ListPlatforms>().AllAsync(ct);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(rows.Select(r => new { id = r.Id, issuer = r.Issuer, client_id = r.ClientId, deployment_id = r.DeploymentId, tenant = r.Tenant, state = State(r) })));
            return ExitCode.Done;
        }

        foreach (var r in rows)
            Console.WriteLine(string.Join('\t', r.Id, r.Issuer, r.ClientId, r.DeploymentId ?? "-", r.Tenant, State(r)));
        return ExitCode.Done;

        static string State(ListedPlatform row) => row.Approved ? "approved" : "pending";
    }

    private static async Task<int> ApproveAsync(string id, CancellationToken ct)
    {
        if (!Guid.TryParse(id, out var key))
        {
            await Console.Error.WriteLineAsync($"'{id}' is not an id of platforms list.");
            return ExitCode.Refused;
        }

        await using var app = await ServicesAsync(ct);
        var (code, words) = await app.Services.GetRequiredService<IServiceScopeFactory>().SendAsync(new ApproveDeployment(key), ct) switch
        {
            Approval.Approved => (ExitCode.Done, "approved"),
            Approval.AlreadyApproved => (ExitCode.Done, "was approved before"),
            Approval.NothingToApprove => (ExitCode.Refused, "This platform has no deployment yet: open the tool once in the LMS, then approve the deployment that platforms list shows."),
            _ => (ExitCode.Refused, $"There is no deployment {id}. See platforms list."),
        };
        await (code == ExitCode.Done ? Console.Out : Console.Error).WriteLineAsync(words);
        return code;
    }
}
