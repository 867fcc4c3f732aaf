using System.Globalization;
using LtiMicroCred.Ledger;
using LtiMicroCred.Storage;
using Microsoft.Data.SqlClient;
using Quartz;
using Quartz.Impl.AdoJobStore;

namespace LtiMicroCred.Features.Results;

/// <summary>
/// Platforms are parted into shards, and a shard is read by one server at a time: one Quartz job each, which looks every second for columns that are due. On SQL Server
/// the jobs lie in the database, so that servers share them and one takes over what another left behind; on SQLite there is one shard, and every process has it.
/// A launch or an instructor brings a column forward by its row: whoever has the shard takes it up, and nobody waits for it.
/// </summary>
internal static class Polling
{
    private const int ShardsOfACluster = 8;

    /// <summary>After so long another server may have the shard.</summary>
    private static readonly TimeSpan s_session = TimeSpan.FromSeconds(20), s_look = TimeSpan.FromSeconds(1);

    public static IServiceCollection AddPolling(this IServiceCollection services, DatabaseSettings database)
    {
        var shards = database.Engine == LedgerEngine.SqlServer ? ShardsOfACluster : 1;
        services.AddSingleton<ReadColumns>();
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler => (scheduler.InstanceName, scheduler.GenerateInstanceId) = ("LtiMicroCred", true));
            if (database.Engine == LedgerEngine.SqlServer)
                quartz.UsePersistentStore(store => Cluster(store, database.ConnectionString));
            for (var number = 0; number < shards; number++)
            {
                var (shard, key) = (new Shard(number, shards), new JobKey(string.Create(CultureInfo.InvariantCulture, $"read-columns-{number}")));
                quartz.AddJob<Job>(job => job.WithIdentity(key).UsingJobData(nameof(Shard.Number), shard.Number).UsingJobData(nameof(Shard.Of), shard.Of));
                quartz.AddTrigger(trigger => trigger.ForJob(key).WithIdentity(key.Name).WithSimpleSchedule(s => s.WithInterval(s_look).RepeatForever().MeasureIntervalFromCompletion(true)));
            }
        });
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        services.AddHostedService<Drain>();
        return services;
    }

    // Lock hints do nothing on some engines that speak SQL Server's protocol: a row that is updated holds everywhere.
    private static void Cluster(IPersistentStoreBuilder store, string connectionString)
    {
        store.ConfigureStore(options => (options.TablePrefix, options.ExecutionHistory) = (QuartzTables.Prefix, false));
        store.UseSqlServer(SqlClientFactory.Instance, Database.Remote(connectionString));
        store.UseClustering(cluster => (cluster.CheckinInterval, cluster.CheckinMisfireThreshold) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)));
        store.UseLockHandler<UpdateRowLockHandler>();
    }

    [DisallowConcurrentExecution]
    private sealed class Job(ReadColumns read, IHostApplicationLifetime stopping, TimeProvider clock) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            var shard = new Shard(context.MergedJobDataMap.GetInt(nameof(Shard.Number)), context.MergedJobDataMap.GetInt(nameof(Shard.Of)));
            var ends = clock.GetUtcNow() + s_session;
            try
            {
                do
                {
                    await read.StartDueAsync(shard, stopping.ApplicationStopping);
                    await Task.Delay(s_look, clock, stopping.ApplicationStopping);
                }
                while (clock.GetUtcNow() < ends);
            }
            catch (OperationCanceledException) when (stopping.ApplicationStopping.IsCancellationRequested)
            {
                // What is due is read after the next start, or by another server.
            }
        }
    }

    /// <summary>At a stop, readings under way end before the host does.</summary>
    private sealed class Drain(ReadColumns read) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => read.DrainAsync().WaitAsync(cancellationToken);
    }
}

/// <summary>One of so many parts of all platforms. A platform is in one for ever, whichever server asks.</summary>
internal sealed record Shard(int Number, int Of)
{
    // The end of a version 7 id is random.
    public bool Has(Guid platformId) => platformId.ToByteArray()[^1] % Of == Number;
}
