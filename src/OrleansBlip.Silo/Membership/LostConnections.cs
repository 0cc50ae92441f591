using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansBlip.Silo.Membership;

/// <summary>
/// Has a silo declared dead as soon as its process is gone, without waiting for the membership's own probes: a connection to it has ended, and its port refuses every new one.
/// An address that cannot be reached does not refuse: that is left to the probes, as is a silo that hangs.
/// </summary>
internal sealed partial class LostConnections(IServiceProvider services, TimeProvider time, ILogger<LostConnections> logger)
{
    /// <summary>A port is asked this often.</summary>
    private const int Attempts = 3;

    private static readonly TimeSpan AttemptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Makes a silo watch its connections to others. Two silos share one, whichever of them opened it.</summary>
    public static void Use(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<LostConnections>();
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<LostConnections>((options, lost) =>
        {
            options.ConfigureSiloOutboundConnection(lost.WatchOutbound);
            options.ConfigureSiloInboundConnection(lost.WatchInbound);
        });
    }

    private void WatchOutbound(IConnectionBuilder connection) => connection.Use(next => async context =>
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.RemoteEndPoint is IPEndPoint silo) _ = LookAsync(silo.Equals);
        }
    });

    private void WatchInbound(IConnectionBuilder connection) => connection.Use(next => async context =>
    {
        // Throws where no silo has introduced itself, as when one only asks whether this port refuses: to look then would have them ask each other for ever.
        await next(context);
        // Whoever opened it did so from any port of its address.
        if (context.RemoteEndPoint is IPEndPoint { Address: var address }) _ = LookAsync(silo => silo.Address.Equals(address));
    });

    private async Task LookAsync(Predicate<IPEndPoint> isMeant)
    {
        try
        {
            // Not a constructor's argument: the membership needs connections itself.
            var membership = services.GetRequiredService<IClusterMembershipService>();
            var silos = OthersOf(membership).Select(member => member.SiloAddress.Endpoint).Where(silo => isMeant(silo));
            await Task.WhenAll(silos.Select(silo => LookAsync(silo, membership)));
        }
        catch (ObjectDisposedException)
        {
            // This silo has stopped.
        }
    }

    private async Task LookAsync(IPEndPoint silo, IClusterMembershipService membership)
    {
        try
        {
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                if (attempt > 0) await Task.Delay(AttemptPause, time);
                if (MemberAt(silo, membership) is null || !await RefusedPort.IsAtAsync(silo, time)) return;
            }
            if (MemberAt(silo, membership) is not { } gone) return;
            LogGone(logger, gone.Name, silo);
            await membership.TryKill(gone.SiloAddress);
        }
        catch (Exception exception)
        {
            // This silo stops, or the membership cannot be written: the probes find it out too.
            LogUndecided(logger, silo, exception.Message);
        }
    }

    private ClusterMember? MemberAt(IPEndPoint silo, IClusterMembershipService membership) => OthersOf(membership).FirstOrDefault(member => member.SiloAddress.Endpoint.Equals(silo));

    /// <summary>The other active members, as long as this silo is active itself.</summary>
    private IEnumerable<ClusterMember> OthersOf(IClusterMembershipService membership)
    {
        var self = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var snapshot = membership.CurrentSnapshot;
        if (snapshot.GetSiloStatus(self) != SiloStatus.Active) return [];
        return snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} at {Silo} is gone: its connection has ended and its port refuses new ones. It is declared dead.")]
    private static partial void LogGone(ILogger logger, string node, IPEndPoint silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "Whether the silo at {Silo} is gone is left to the membership's probes: {Problem}")]
    private static partial void LogUndecided(ILogger logger, IPEndPoint silo, string problem);
}
