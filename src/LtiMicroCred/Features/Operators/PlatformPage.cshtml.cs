using Dapper;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Features.Platforms;
using LtiMicroCred.Features.Tenants;
using LtiMicroCred.Features.Traces;
using LtiMicroCred.Shell;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Operators;

/// <summary>One registration: what both sides know, its deployments, settings, keys, and how its refused launches looked. The id of zeros shows those that fit no registration.</summary>
internal sealed class PlatformPageModel(ShowPlatform show, ListKeys keys, RotateKeys rotate, LaunchTraces traces, PlatformDirectory directory, Database database, Settings settings, IMediator mediator) : OperatorPage
{
    [FromRoute]
    public Guid Id { get; set; }

    /// <summary>What the last button did; a word of the page's texts.</summary>
    [FromQuery]
    public string? Said { get; set; }

    /// <summary>Null on the page of launches that fit no registration.</summary>
    public ShownPlatform? Platform { get; private set; }
    public IReadOnlyList<ListedKey> Keys { get; private set; } = [];
    public IReadOnlyList<LaunchTrace> Traces { get; private set; } = [];
    public IReadOnlyList<Tenant> Tenants { get; private set; } = [];
    public ToolAddresses Addresses { get; } = ToolAddresses.Of(settings.PublicUrl);
    public string OwnJwks => ToolAddresses.JwksOf(settings.PublicUrl, Id);

    /// <summary>As saved, or as typed where that could not be read.</summary>
    public TypedPlatform Typed { get; private set; } = new();
    public bool Anonymous { get; private set; }
    public IReadOnlyList<string> Problems { get; private set; } = [];

    public Task<IActionResult> OnGetAsync(CancellationToken ct) => ShowAsync(ct);

    public async Task<IActionResult> OnPostApproveAsync(Guid deployment, Guid? tenant, CancellationToken ct)
    {
        await mediator.Send(new ApproveDeployment(deployment, tenant), ct);
        return Back("deployments");
    }

    public async Task<IActionResult> OnPostRefuseAsync(Guid deployment, CancellationToken ct)
    {
        await mediator.Send(new RefuseDeployment(deployment), ct);
        return Back("deployments");
    }

    public async Task<IActionResult> OnPostRotateAsync(CancellationToken ct)
    {
        if (await show.FindAsync(Id, ct) is not { } platform || platform.PlatformId != Id)
            return NotFound();
        return Back("keys", await rotate.RotateAsync(Id, ct) == Rotation.UnderWay ? "UnderWay" : null);
    }

    public async Task<IActionResult> OnPostSaveAsync(CancellationToken ct)
    {
        var form = await PostedForm.ReadAsync(HttpContext);
        var name = form["name"].ToString().Trim();
        var typed = new TypedPlatform { Name = name, Algorithms = [.. form["algorithms"].OfType<string>()] };
        var algorithms = SignatureAlgorithms.Among(typed.Algorithms);
        string?[] wrong = [algorithms.Count == 0 ? "algorithms" : null, name.Length > 100 || name.Any(char.IsControl) ? "name" : null];
        var anonymous = form["anonymous"] == "true";
        if (Array.Exists(wrong, field => field is not null))
        {
            var page = await ShowAsync(ct);
            (Typed, Anonymous, Problems) = (typed, anonymous, [.. wrong.OfType<string>()]);
            Response.StatusCode = Platform is null ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest;
            return page;
        }

        if (!await mediator.Send(new EditPlatform(Id, name.Length == 0 ? null : name, algorithms, anonymous), ct))
            return NotFound();
        directory.Forget();
        return Back("settings", "Saved");
    }

    private RedirectResult Back(string section, string? said = null) =>
        Redirect($"{Request.PathBase}/admin/platforms/{Id:D}{(said is null ? "" : "?said=" + said)}#{section}");

    private async Task<IActionResult> ShowAsync(CancellationToken ct)
    {
        Platform = await show.FindAsync(Id, ct);
        if (Id != LaunchTrace.NoPlatform && Platform?.PlatformId != Id)
            return NotFound();
        Traces = await traces.OfAsync(Id, ct);
        if (Platform is null)
            return Page();
        (Typed, Anonymous) = (new TypedPlatform { Name = Platform.Name, Algorithms = SignatureAlgorithms.FromText(Platform.Algorithms) }, Platform.Anonymous);
        Keys = await keys.AllAsync(Id, ct);
        await using var connection = await database.OpenAsync(ct);
        Tenants = (await connection.QueryAsync<Tenant>("SELECT TenantId, Name FROM Tenant ORDER BY Name")).AsList();
        return Page();
    }
}
