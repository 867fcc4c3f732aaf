using System.Data.Common;
using MediatR;

namespace LtiMicroCred.Storage;

/// <summary>A message that writes: its handler runs in one transaction, which is opened and committed here and nowhere else.</summary>
internal interface IWrite<out T> : IRequest<T>;

/// <summary>The connection and transaction of the message under way; handlers neither begin nor commit.</summary>
internal sealed class Work(Database database) : IAsyncDisposable
{
    private DbConnection? _connection;
    private DbTransaction? _transaction;
    private WriteTurn? _turn;

    public DbConnection Connection => _connection ?? throw new InvalidOperationException("No message is under way: send one through IMediator.");

    public DbTransaction Transaction => _transaction ?? throw new InvalidOperationException("No message is under way: send one through IMediator.");

    public async Task BeginAsync(CancellationToken ct)
    {
        if (_transaction is not null)
            throw new InvalidOperationException("A message must not send another: call a method instead.");
        _turn = await database.WriteTurnAsync(ct);
        _connection ??= await database.OpenWriterAsync(ct);
        _transaction = await _connection.BeginTransactionAsync(ct);
    }

    public async Task CommitAsync(CancellationToken ct)
    {
        await Transaction.CommitAsync(ct);
        await Transaction.DisposeAsync();
        await database.KeepWriterAsync(Connection);
        (_transaction, _connection) = (null, null);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
            await _transaction.DisposeAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
        _turn?.Dispose();
        (_transaction, _connection, _turn) = (null, null, null);
    }
}

/// <summary>
/// One transaction per message. A lost race for a unique key, a deadlock, a busy file or a lost connection rolls back and runs the handler again from its read:
/// idempotency rests on keys, not on a look before the write. A connection lost while it commits is an error: nobody knows what came of it.
/// </summary>
internal sealed class InOneTransaction<TMessage, TOutcome>(Work work) : IPipelineBehavior<TMessage, TOutcome>
{
    private const int Attempts = 8, Reconnections = 3;

    public async Task<TOutcome> Handle(TMessage request, CancellationToken cancellationToken, RequestHandlerDelegate<TOutcome> next)
    {
        if (request is not IWrite<TOutcome>)
            return await next();
        for (var attempt = 1; ; attempt++)
        {
            var committing = false;
            try
            {
                await work.BeginAsync(cancellationToken);
                var outcome = await next();
                committing = true;
                await work.CommitAsync(cancellationToken);
                return outcome;
            }
            catch (Exception exception) when (attempt < Attempts && (exception.IsDuplicateKey() || exception.IsTransient()))
            {
                await work.DisposeAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(10 * attempt), cancellationToken);
            }
            catch (Exception exception) when (attempt <= Reconnections && !committing && exception.IsConnectionLost())
            {
                await work.DisposeAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(500 * attempt), cancellationToken);
            }
            catch
            {
                await work.DisposeAsync();
                throw;
            }
        }
    }
}

internal static class Messages
{
    /// <summary>MediatR with every handler of this assembly, and one transaction around each message that writes.</summary>
    public static IServiceCollection AddMessages(this IServiceCollection services)
    {
        services.AddScoped<Work>();
        services.AddScoped<ServiceFactory>(provider => provider.GetService!);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(InOneTransaction<,>));
        foreach (var handler in typeof(Messages).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false }))
        {
            foreach (var service in handler.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)))
                services.AddScoped(service, handler);
        }

        return services;
    }

    /// <summary>Sends a message from outside a request, in a scope of its own.</summary>
    public static async Task<T> SendAsync<T>(this IServiceScopeFactory scopes, IRequest<T> message, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(message, ct);
    }
}
