using System.Globalization;
using Dapper;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Published;

/// <summary>What an instructor pasted from the LMS: which of its published activities the learners of an activity open.</summary>
internal sealed record PastedActivity(Guid ToolId, string Title, Uri Target, IReadOnlyList<KeyValuePair<string, string>> Custom)
{
    private const int MostParameters = 20;

    public string CustomText => string.Join('\n', Custom.Select(pair => $"{pair.Key}={pair.Value}"));

    public static IReadOnlyDictionary<string, string> ReadCustom(string text) =>
        (TryReadCustom(text) ?? []).ToDictionary(StringComparer.Ordinal);

    /// <summary>One name=value a line; null where a line is none, or a name comes twice.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? TryReadCustom(string? text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var line in (text ?? "").Split(['\n', '\r'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split('=', 2, StringSplitOptions.TrimEntries) is not [{ Length: > 0 and <= 100 } name, { Length: <= 1000 } value] || pairs.Count == MostParameters
                || line.Any(char.IsControl) || pairs.Exists(pair => pair.Key == name))
                return null;
            pairs.Add(KeyValuePair.Create(name, value));
        }

        return pairs;
    }
}

internal enum Publishing
{
    Saved,

    /// <summary>The tool is none of the institution's, or the address none of the tool's.</summary>
    NotOfTheTool,

    /// <summary>Scores have come of what was chosen before: they would count as those of another quiz.</summary>
    ScoresHaveCome,

    /// <summary>It feeds another assessment of the rule: one grade would count twice.</summary>
    FeedsAnother,
}

/// <summary>Keeps what an activity's learners open, and the column that their scores come in; one for each assessment of its rule.</summary>
internal sealed record PublishActivity(Guid TenantId, Guid ActivityId, int Assessment, PastedActivity Pasted) : IWrite<Publishing>;

internal sealed class PublishActivityHandler(Work work, Settings settings, TimeProvider clock) : IRequestHandler<PublishActivity, Publishing>
{
    /// <summary>The LMS posts: nobody reads this column at any time.</summary>
    private static readonly DateTimeOffset s_never = DateTimeOffset.ParseExact("9999-12-31", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private sealed record Chosen
    {
        public required Guid PublishedLinkId { get; init; }
        public required Guid LineItemId { get; init; }
        public required int Assessment { get; init; }
        public required Guid ToolId { get; init; }
        public required string TargetLinkUri { get; init; }
        public required string Custom { get; init; }
        public required long Scores { get; init; }

        public bool Is(PastedActivity pasted) => ToolId == pasted.ToolId && TargetLinkUri == pasted.Target.OriginalString && Custom == pasted.CustomText;
    }

    public async Task<Publishing> Handle(PublishActivity request, CancellationToken cancellationToken)
    {
        var pasted = request.Pasted;
        if (!await IsItsAsync(request))
            return Publishing.NotOfTheTool;
        var link = Guid.CreateVersion7();
        var facts = new
        {
            Link = link,
            LineItem = Guid.CreateVersion7(),
            request.TenantId,
            request.ActivityId,
            request.Assessment,
            pasted.ToolId,
            Url = PublishedAddresses.Of(settings, request.TenantId).LineItem(link).AbsoluteUri,
            Label = pasted.Title,
            Target = pasted.Target.OriginalString,
            Custom = pasted.CustomText,
            Now = clock.GetUtcNow(),
            Never = s_never,
        };
        // The activity's row lock: two who choose at once do so one after the other.
        await work.Connection.ExecuteAsync("UPDATE Activity SET Revision = Revision WHERE ActivityId = @ActivityId AND TenantId = @TenantId", facts, work.Transaction);
        var chosen = await ChosenAsync(request);
        if (chosen.Any(c => c.Assessment != request.Assessment && c.Is(pasted)))
            return Publishing.FeedsAnother;
        if (chosen.FirstOrDefault(c => c.Assessment == request.Assessment) is { } known)
            return await ChangeAsync(known, pasted);

        await work.Connection.ExecuteAsync(
            """
            INSERT INTO LineItem (LineItemId, TenantId, ActivityId, Assessment, Way, Url, Label, InUse, ActiveAt, NextReadAt, Failures)
            SELECT @LineItem, TenantId, ActivityId, @Assessment, 'published', @Url, @Label, 0, @Now, @Never, 0 FROM Activity WHERE ActivityId = @ActivityId AND TenantId = @TenantId
            """,
            facts,
            work.Transaction);
        await work.Connection.ExecuteAsync(
            """
            INSERT INTO PublishedLink (PublishedLinkId, TenantId, ActivityId, ToolId, LineItemId, TargetLinkUri, Custom, CreatedAt)
            VALUES (@Link, @TenantId, @ActivityId, @ToolId, @LineItem, @Target, @Custom, @Now)
            """,
            facts,
            work.Transaction);
        return Publishing.Saved;
    }

    private async Task<IReadOnlyList<Chosen>> ChosenAsync(PublishActivity request) => (await work.Connection.QueryAsync<Chosen>(
        """
        SELECT k.PublishedLinkId, k.LineItemId, i.Assessment, k.ToolId, k.TargetLinkUri, k.Custom, (SELECT COUNT(*) FROM Result r WHERE r.LineItemId = k.LineItemId) AS Scores
        FROM PublishedLink k JOIN LineItem i ON i.LineItemId = k.LineItemId WHERE k.ActivityId = @ActivityId AND k.TenantId = @TenantId
        """,
        new { request.ActivityId, request.TenantId },
        work.Transaction)).AsList();

    private async Task<Publishing> ChangeAsync(Chosen known, PastedActivity pasted)
    {
        var facts = new { known.PublishedLinkId, known.LineItemId, pasted.ToolId, Target = pasted.Target.OriginalString, Custom = pasted.CustomText, Label = pasted.Title };
        if (!known.Is(pasted))
        {
            if (known.Scores > 0)
                return Publishing.ScoresHaveCome;
            await work.Connection.ExecuteAsync("UPDATE PublishedLink SET ToolId = @ToolId, TargetLinkUri = @Target, Custom = @Custom, OpenedAt = NULL WHERE PublishedLinkId = @PublishedLinkId", facts, work.Transaction);
        }

        await work.Connection.ExecuteAsync("UPDATE LineItem SET Label = @Label WHERE LineItemId = @LineItemId", facts, work.Transaction);
        return Publishing.Saved;
    }

    // No launch of ours is sent anywhere but to the tool that was registered.
    private async Task<bool> IsItsAsync(PublishActivity request)
    {
        var tool = await work.Connection.QuerySingleOrDefaultAsync<PublishedTool>(
            """
            SELECT ToolId, ClientId, Name, LoginUri, RedirectUris, JwksUri, TargetLinkUri, Scopes, ByHand
            FROM PublishedTool WHERE ToolId = @ToolId AND TenantId = @TenantId
            """,
            new { request.Pasted.ToolId, request.TenantId },
            work.Transaction);
        return tool is not null && tool.ToClient().IsIts(request.Pasted.Target);
    }
}
