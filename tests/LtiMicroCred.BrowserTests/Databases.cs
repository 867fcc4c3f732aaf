using Dapper;
using LtiMicroCred.Features.Demo;
using LtiMicroCred.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace LtiMicroCred.BrowserTests;

/// <summary>A look into a world's database, and a hand in it.</summary>
internal static class Databases
{
    public static async Task<T?> AskAsync<T>(this DemoWorld world, string sql, object? facts = null)
    {
        await using var connection = await world.Tool.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
        return await connection.QuerySingleOrDefaultAsync<T>(sql, facts);
    }

    public static async Task ExecuteAsync(this DemoWorld world, string sql, object? facts = null)
    {
        await using var connection = await world.Tool.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
        await connection.ExecuteAsync(sql, facts);
    }
}
