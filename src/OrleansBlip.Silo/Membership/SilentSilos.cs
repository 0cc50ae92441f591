using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace OrleansBlip.Silo.Membership;

/// <summary>
/// A silo that starts must reach all that count as active; where one does not answer, Orleans has it try again after seconds, until somebody has found out that it is dead. This one
/// declares dead, before it is asked to reach anybody, whose ports refuse all along and who do not say in the membership's table that they are alive, for as long as they should have
/// said it twice. No clock is compared with another one. Who refuses and is heard of, or cannot be reached at all, is left to Orleans.
/// </summary>
internal sealed partial class SilentSilos(
    IMembershipTable table, IClusterMembershipService membership, ILocalSiloDetails self, IOptions<ClusterMembershipOptions> options, TimeProvider time, ILogger<SilentSilos> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _patience = options.Value.IAmAliveTablePublishTimeout * options.Value.NumMissedTableIAmAliveLimit;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(SilentSilos), JoiningInTurn.BeforeJoining, BuryAsync);

    private async Task BuryAsync(CancellationToken cancellationToken)
    {
        try
        {
            long start = time.GetTimestamp();
            var silent = await RefusingAsync(cancellationToken);
            while (silent.Count > 0 && time.GetElapsedTime(start) < _patience)
            {
                await Task.Delay(LookInterval, time, cancellationToken);
                var now = await RefusingAsync(cancellationToken);
                silent = silent.Where(silo => now.TryGetValue(silo.Key, out var heard) && heard == silo.Value).ToImmutableDictionary();
            }
            bool areDead = await Burial.OfAsync([.. silent.Keys], membership, time, cancellationToken);
            foreach (var silo in silent.Keys) LogBuried(logger, silo, _patience, areDead);
        }
        catch (NpgsqlException problem)
        {
            LogUndecided(logger, problem.Message);
        }
    }

    /// <summary>Active members whose ports refuse, and when each said last that it is alive.</summary>
    private async Task<ImmutableDictionary<SiloAddress, DateTime>> RefusingAsync(CancellationToken cancellationToken)
    {
        var members = (await table.ReadAllAsync(cancellationToken)).Members.Select(row => row.Item1);
        var others = members.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)).ToArray();
        bool[] areRefusing = await Task.WhenAll(others.Select(member => RefusedPort.IsAtAsync(member.SiloAddress.Endpoint, time)));
        return others.Zip(areRefusing).Where(pair => pair.Second).ToImmutableDictionary(pair => pair.First.SiloAddress, pair => pair.First.IAmAliveTime);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Silo} is declared dead: its port refuses connections, and it has not said for {Patience} that it is alive: {IsDone}")]
    private static partial void LogBuried(ILogger logger, SiloAddress silo, TimeSpan patience, bool isDone);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether others are dead is left to the membership's probes: {Problem}")]
    private static partial void LogUndecided(ILogger logger, string problem);
}
