using Dapper;
using LtiMicroCred.Storage;

namespace LtiMicroCred.Shell;

/// <summary>For load balancers: alive while the process answers, ready while its database does.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Text("live"));
        routes.MapGet("/health/ready", async (Database database, CancellationToken ct) =>
        {
            try
            {
                await using var connection = await database.OpenAsync(ct);
                await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM SchemaMigration");
                return Results.Text("ready");
            }
            catch (System.Data.Common.DbException)
            {
                return Results.Text("the database does not answer", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
        });
    }
}
