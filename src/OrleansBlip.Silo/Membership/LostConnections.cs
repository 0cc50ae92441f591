using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansBlip.Silo.Membership;

/// <summary>
/// Has a silo declared dead as soon as its process is gone, without waiting for the membership's own probes: a connection to it has ended, and its port refuses every new one.
/// A silo listens for as long as it lives, and an address that cannot be reached does not refuse: that is left to the probes, as is a silo that hangs.
/// </summary>
internal sealed partial class LostConnections(IServiceProvider services, TimeProvider time, ILogger<LostConnections> logger)
{
    /// <summary>A port is asked this often.</summary>
    private const int Attempts = 3;

    private static readonly TimeSpan AttemptPause = TimeSpan.FromMilliseconds(100), ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Makes a silo watch its connections to others.</summary>
    public static void Use(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<LostConnections>();
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<LostConnections>((options, lost) => options.ConfigureSiloOutboundConnection(lost.Watch));
    }

    private void Watch(IConnectionBuilder connection) => connection.Use(next => async context =>
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.RemoteEndPoint is IPEndPoint silo) _ = LookAsync(silo);
        }
    });

    private async Task LookAsync(IPEndPoint silo)
    {
        try
        {
            // Not a constructor's argument: the membership needs connections itself.
            var membership = services.GetRequiredService<IClusterMembershipService>();
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                if (attempt > 0) await Task.Delay(AttemptPause, time);
                if (MemberAt(silo, membership) is null || !await IsRefusedAsync(silo)) return;
            }
            if (MemberAt(silo, membership) is not { } gone) return;
            LogGone(logger, gone.Name, silo);
            await membership.TryKill(gone.SiloAddress);
        }
        catch (Exception exception)
        {
            // This silo is stopping, or the membership cannot be written: the probes find it out too.
            LogUndecided(logger, silo, exception.Message);
        }
    }

    /// <summary>The active member that listens there, as long as this silo is active itself.</summary>
    private ClusterMember? MemberAt(IPEndPoint silo, IClusterMembershipService membership)
    {
        var self = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var snapshot = membership.CurrentSnapshot;
        if (snapshot.GetSiloStatus(self) != SiloStatus.Active) return null;
        return snapshot.Members.Values.FirstOrDefault(member => member.Status == SiloStatus.Active && member.SiloAddress.Endpoint.Equals(silo) && !member.SiloAddress.Equals(self));
    }

    private async Task<bool> IsRefusedAsync(IPEndPoint silo)
    {
        using var socket = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(ConnectTimeout, time);
        try
        {
            await socket.ConnectAsync(silo, timeout.Token);
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} at {Silo} is gone: its connection has ended and its port refuses new ones. It is declared dead.")]
    private static partial void LogGone(ILogger logger, string node, IPEndPoint silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "Whether the silo at {Silo} is gone is left to the membership's probes: {Problem}")]
    private static partial void LogUndecided(ILogger logger, IPEndPoint silo, string problem);
}
