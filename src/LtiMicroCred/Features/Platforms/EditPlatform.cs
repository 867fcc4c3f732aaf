using Dapper;
using LtiMicroCred.Storage;
using MediatR;

namespace LtiMicroCred.Features.Platforms;

/// <summary>What an operator may change of a registration. Issuer, client_id and addresses stay: another LMS is another registration. False for an unknown one.</summary>
/// <param name="PlatformId">Of the registration.</param>
/// <param name="Name">What operators see; null for none.</param>
/// <param name="Algorithms">Of id_tokens that are taken; at least one.</param>
/// <param name="Anonymous">Whether launches without sub may look.</param>
internal sealed record EditPlatform(Guid PlatformId, string? Name, IReadOnlyList<string> Algorithms, bool Anonymous) : IWrite<bool>;

internal sealed class EditPlatformHandler(Work work) : IRequestHandler<EditPlatform, bool>
{
    public async Task<bool> Handle(EditPlatform request, CancellationToken cancellationToken) => await work.Connection.ExecuteAsync(
        "UPDATE Platform SET Name = @Name, Algorithms = @Algorithms, Anonymous = @Anonymous WHERE PlatformId = @PlatformId",
        new { request.PlatformId, request.Name, Algorithms = SignatureAlgorithms.ToText(request.Algorithms), request.Anonymous },
        work.Transaction) == 1;
}
