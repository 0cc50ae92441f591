using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Silo;

/// <summary>Looks at a node's certificates every hour. Connections outlive what they were made with, so a run of weeks would notice an expired certificate only when a node has to come back.</summary>
internal sealed partial class CertificateWatch(ClusterCredentials credentials, TimeProvider time, ILogger<CertificateWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1), Notice = TimeSpan.FromDays(14);

    /// <summary>Reads changed files, and tells what a person has to do.</summary>
    internal void Look()
    {
        credentials.Reload();
        if (credentials.RenewalProblem is { } problem) LogRenewalProblem(problem);
        if (credentials.ExpiresAt - time.GetUtcNow() < Notice) LogExpiry(credentials.Folder, credentials.ExpiresAt);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do Look();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changed certificates are not used, those read before still are: {Problem}")]
    private partial void LogRenewalProblem(string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate in '{Folder}' is good until {ExpiresAt:u} only: make a new one by 'blip certs create --force', it is taken up without a restart.")]
    private partial void LogExpiry(string folder, DateTimeOffset expiresAt);
}
