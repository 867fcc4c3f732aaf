using Quartz;

namespace LtiMicroCred.Features.Results;

/// <summary>Quartz looks for due columns every second. A launch or an instructor brings a column forward by its row, so any node takes it up; nobody waits for it.</summary>
internal static class Polling
{
    private static readonly JobKey s_key = new("read-columns");

    public static IServiceCollection AddPolling(this IServiceCollection services)
    {
        services.AddSingleton<ReadColumns>();
        services.AddQuartz(quartz => quartz
            .AddJob<Job>(job => job.WithIdentity(s_key))
            .AddTrigger(trigger => trigger.ForJob(s_key).WithSimpleSchedule(s => s.WithInterval(TimeSpan.FromSeconds(1)).RepeatForever())));
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        services.AddHostedService<Drain>();
        return services;
    }

    [DisallowConcurrentExecution]
    private sealed class Job(ReadColumns read, IHostApplicationLifetime stopping) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await read.StartDueAsync(stopping.ApplicationStopping);
            }
            catch (OperationCanceledException) when (stopping.ApplicationStopping.IsCancellationRequested)
            {
                // What is due is read after the next start.
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
