using Dapper;
using LtiMicroCred.Features.Keys;
using LtiMicroCred.Lti;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Published;

/// <summary>Registers an LMS as a tool, by the LMS itself (Dynamic Registration) or by hand, once for each link.</summary>
internal sealed partial class RegisterTool(IServiceScopeFactory scopes, ToolInvites invites, ToolKeys keys, ILogger<RegisterTool> log)
{
    /// <returns>Null where the link is spent, over, or another institution's.</returns>
    public async Task<PublishedTool?> RunAsync(Guid tenantId, string token, ToolMetadata metadata, bool byHand, CancellationToken ct)
    {
        // Nothing is made for whoever has no link.
        if (await invites.FindAsync(token, ct) is not { ToolId: null } invite || invite.TenantId != tenantId)
            return null;
        // The tool may read our keys before it has our answer.
        await keys.EnsureAsync(tenantId, ct);
        var tool = await scopes.SendAsync(new StoreTool(tenantId, Secrets.Hash(token), metadata, byHand), ct);
        if (tool is not null)
            Log.Registered(log, tool.ToolId, tenantId);
        return tool;
    }

    private sealed record StoreTool(Guid TenantId, string TokenHash, ToolMetadata Metadata, bool ByHand) : IWrite<PublishedTool?>;

    private sealed class StoreToolHandler(Work work, TimeProvider clock) : IRequestHandler<StoreTool, PublishedTool?>
    {
        public async Task<PublishedTool?> Handle(StoreTool request, CancellationToken cancellationToken)
        {
            var metadata = request.Metadata;
            var tool = new PublishedTool
            {
                ToolId = Guid.CreateVersion7(),
                ClientId = Secrets.NewId().ToString("D"),
                Name = metadata.Name,
                LoginUri = metadata.LoginUri.OriginalString,
                RedirectUris = string.Join('\n', metadata.RedirectUris),
                JwksUri = metadata.JwksUri.OriginalString,
                TargetLinkUri = metadata.TargetLinkUri.OriginalString,
                // By hand nobody says what the tool asks for.
                Scopes = string.Join(' ', request.ByHand ? OwnPlatform.Scopes : OwnPlatform.Scopes.Where(scope => IsAskedFor(scope, metadata.Scopes))),
                ByHand = request.ByHand,
            };
            var facts = new { request.TokenHash, request.TenantId, tool.ToolId, tool.ClientId, tool.Name, tool.LoginUri, tool.RedirectUris, tool.JwksUri, tool.TargetLinkUri, tool.Scopes, tool.ByHand, Now = clock.GetUtcNow() };
            // Of several posts at once, this statement lets one through.
            var spent = await work.Connection.ExecuteAsync(
                """
                UPDATE PublishedInvite SET SpentAt = @Now, ToolId = @ToolId
                WHERE TokenHash = @TokenHash AND TenantId = @TenantId AND SpentAt IS NULL AND ExpiresAt > @Now
                """,
                facts,
                work.Transaction);
            if (spent == 0)
                return null;
            await work.Connection.ExecuteAsync(
                """
                INSERT INTO PublishedTool (ToolId, TenantId, ClientId, Name, LoginUri, RedirectUris, JwksUri, TargetLinkUri, Scopes, ByHand, CreatedAt)
                VALUES (@ToolId, @TenantId, @ClientId, @Name, @LoginUri, @RedirectUris, @JwksUri, @TargetLinkUri, @Scopes, @ByHand, @Now)
                """,
                facts,
                work.Transaction);
            return tool;
        }

        // Whoever asks to manage columns may read the one that is there.
        private static bool IsAskedFor(string scope, IReadOnlyList<string> asked) =>
            asked.Contains(scope, StringComparer.Ordinal) || (scope == LtiScopes.LineItemReadOnly && asked.Contains(LtiScopes.LineItem, StringComparer.Ordinal));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Registered tool {ToolId} of institution {TenantId}")]
        public static partial void Registered(ILogger log, Guid toolId, Guid tenantId);
    }
}
