using Dapper;
using LtiMicroCred.Features.Achievements;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Courses;
using LtiMicroCred.Features.Launches;
using LtiMicroCred.Storage;
using MediatR;
using Microsoft.AspNetCore.Mvc;

namespace LtiMicroCred.Features.Decisions;

/// <summary>What happens to awards of an achievement when a grade falls afterwards.</summary>
internal sealed class PolicyModel(CourseOverview overview, AchievementDirectory achievements, Database database, IMediator mediator) : ActivityPage(overview, achievements)
{
    [BindProperty(Name = "policy")]
    public string? Chosen { get; set; }

    public WhenBelow Policy { get; private set; }

    /// <summary>How many courses award it.</summary>
    public int Courses { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await LoadAsync(ct) ?? Page();

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere)
            return elsewhere;
        if (!Enum.TryParse<WhenBelow>(Chosen, out var policy) || !Enum.IsDefined(policy) || Session.LearnerId is not { } by)
            return Page();
        await mediator.Send(new SetPolicy(Session.TenantId, Achievement.AchievementId, policy, by), ct);
        return Redirect($"{Request.PathBase}/l/{LaunchId}/course");
    }

    protected override async Task<IActionResult?> LoadMoreAsync(CancellationToken ct)
    {
        Policy = await Overview.PolicyAsync(Session.TenantId, Activity.AchievementId, ct);
        await using var connection = await database.OpenAsync(ct);
        Courses = await connection.ExecuteScalarAsync<int>(
            "SELECT COUNT(DISTINCT CourseId) FROM Activity WHERE AchievementId = @AchievementId AND TenantId = @TenantId", new { Activity.AchievementId, Session.TenantId });
        return null;
    }
}
