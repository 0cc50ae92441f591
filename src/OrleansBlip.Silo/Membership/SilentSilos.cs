using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace OrleansBlip.Silo.Membership;

/// <summary>
/// A silo that starts must reach all that count as active; where one does not answer, Orleans has it try again after seconds, until somebody has found out that it is dead. This one
/// declares dead, before it is asked to reach anybody, whose ports refuse all along and of whom the database has not heard for as long as they should have said twice that they are
/// alive. It counts from the last word by the database's clock, or from this silo's start by its own: no clock is compared with another one. Who refuses and is heard of, or cannot be
/// reached at all, is left to Orleans.
/// </summary>
internal sealed partial class SilentSilos(
    string connection, IOptions<ClusterOptions> cluster, IClusterMembershipService membership, ILocalSiloDetails self, IOptions<ClusterMembershipOptions> options, TimeProvider time,
    ILogger<SilentSilos> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>A port is asked at least this often.</summary>
    private const int Attempts = 3;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _patience = options.Value.IAmAliveTablePublishTimeout * options.Value.NumMissedTableIAmAliveLimit;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(SilentSilos), JoiningInTurn.BeforeJoining, BuryAsync);

    private async Task BuryAsync(CancellationToken cancellationToken)
    {
        try
        {
            long start = time.GetTimestamp();
            var silent = await RefusingAsync(cancellationToken);
            for (int looks = 1; looks < Attempts || (silent.Exists(silo => silo.Silence < _patience) && time.GetElapsedTime(start) < _patience); looks++)
            {
                if (silent.IsEmpty) return;
                await Task.Delay(LookInterval, time, cancellationToken);
                var now = await RefusingAsync(cancellationToken);
                silent = now.FindAll(silo => silent.Exists(before => (before.Silo, before.HeardAt) == (silo.Silo, silo.HeardAt)));
            }
            bool areDead = await Burial.OfAsync([.. silent.Select(silo => silo.Silo)], membership, time, cancellationToken);
            foreach (var silo in silent) LogBuried(logger, silo.Silo, _patience, areDead);
        }
        catch (NpgsqlException problem)
        {
            LogUndecided(logger, problem.Message);
        }
    }

    /// <summary>Active members whose ports refuse.</summary>
    private async Task<ImmutableList<Member>> RefusingAsync(CancellationToken cancellationToken)
    {
        var others = await OthersAsync(cancellationToken);
        bool[] areRefusing = await Task.WhenAll(others.Select(other => RefusedPort.IsAtAsync(other.Silo.Endpoint, time)));
        return [.. others.Zip(areRefusing).Where(pair => pair.Second).Select(pair => pair.First)];
    }

    private async Task<List<Member>> OthersAsync(CancellationToken cancellationToken)
    {
        await using var database = new NpgsqlConnection(connection);
        await database.OpenAsync(cancellationToken);
        await using var read = new NpgsqlCommand(
            "SELECT Address, Port, Generation, HeardAt, clock_timestamp() - HeardAt FROM OrleansMembershipTable WHERE DeploymentId = @cluster AND Status = @status", database)
        {
            Parameters = { new("cluster", cluster.Value.ClusterId), new("status", (int)SiloStatus.Active) },
        };
        await using var rows = await read.ExecuteReaderAsync(cancellationToken);
        var others = new List<Member>();
        while (await rows.ReadAsync(cancellationToken))
        {
            var silo = SiloAddress.New(IPAddress.Parse(rows.GetString(0)), rows.GetInt32(1), rows.GetInt32(2));
            if (!silo.Equals(self.SiloAddress)) others.Add(new Member(silo, rows.GetDateTime(3), rows.GetTimeSpan(4)));
        }
        return others;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Silo} is declared dead: its port refuses connections, and it has not said for {Patience} that it is alive: {IsDone}")]
    private static partial void LogBuried(ILogger logger, SiloAddress silo, TimeSpan patience, bool isDone);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether others are dead is left to the membership's probes: {Problem}")]
    private static partial void LogUndecided(ILogger logger, string problem);

    /// <summary>An active member, when the database heard of it last and how long ago that is, both by the database's clock.</summary>
    private sealed record Member(SiloAddress Silo, DateTime HeardAt, TimeSpan Silence);
}
