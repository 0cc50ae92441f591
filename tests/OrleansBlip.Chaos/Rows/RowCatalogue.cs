using System.Collections.Immutable;
using OrleansBlip.Chaos.Schedules;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Chaos.Rows;

/// <summary>The rows of the fault catalogue that need processes of their own. Oracles R and L are those of any schedule.</summary>
internal static class RowCatalogue
{
    private static readonly TimeSpan AtOnce = TimeSpan.Zero;

    /// <summary>All of them.</summary>
    public static ImmutableArray<Row> Of(ChaosWorld world)
    {
        // All nodes die of it: such a run ends only if another sample stands in, in each epoch.
        string deadly = $"SampleTaken/{world.Sample}=kill@1";
        return
        [
            Of("01-trainer-killed-before-its-push", ["", "", "SlotsComputed=kill@6"], shards: 1),
            Of("01-trainer-killed-between-its-pushes", ["", "", "PushAfter=kill@9"], shards: 2),
            Of("02-shard-killed-after-apply-before-its-answer", ["ApplyAfter=kill@9", "", ""]),
            Of("02-shard-killed-after-apply-without-backups", ["ApplyAfter=kill@9", "", ""], backups: 0),
            Of("02-shard-killed-before-apply", ["ApplyBefore=kill@9", "", ""]),
            Of("03-coordinator-killed-before-persist", ["PersistBefore=kill@15", "PersistBefore=kill@15", "PersistBefore=kill@15"]),
            Of("04-coordinator-killed", ["", "", ""], events: new ChaosEvent.Kill(9, AtOnce, NodeRole.Coordinator, Successor.None)),
            Of("04-coordinator-killed-after-persist", ["PersistAfter=kill@15", "PersistAfter=kill@15", "PersistAfter=kill@15"]),
            Of("05-cut-off-30s-both-ways", ["", "", ""], outlasts: true, events: new ChaosEvent.Partition(9, AtOnce, NodeRole.Coordinator, Direction.Both, TimeSpan.FromSeconds(30))),
            Of("05-cut-off-30s-inwards", ["", "", ""], outlasts: true, events: new ChaosEvent.Partition(9, AtOnce, NodeRole.Owner, Direction.In, TimeSpan.FromSeconds(30))),
            Of("05-cut-off-30s-outwards", ["", "", ""], outlasts: true, events: new ChaosEvent.Partition(9, AtOnce, NodeRole.Coordinator, Direction.Out, TimeSpan.FromSeconds(30))),
            Of("06-loss-10%-and-1Mbit", ["", "", ""], outlasts: true, events: new ChaosEvent.Degrade(9, AtOnce, TimeSpan.FromSeconds(6))),
            Of("06-delay-75±50ms", ["", "", ""], isDelayed: true),
            Of("07-owner-has-a-tenth-of-a-processor", ["", "", ""], outlasts: true, events: new ChaosEvent.Starve(9, AtOnce, NodeRole.Owner, TimeSpan.FromSeconds(20))),
            Of("07-coordinator-has-a-tenth-of-a-processor", ["", "", ""], outlasts: true, events: new ChaosEvent.Starve(9, AtOnce, NodeRole.Coordinator, TimeSpan.FromSeconds(20))),
            Of("07-coordinator-stands-still-5s", ["", "", ""], outlasts: true, events: new ChaosEvent.Freeze(9, AtOnce, NodeRole.Coordinator, TimeSpan.FromSeconds(5))),
            Of("07-coordinator-stands-still-20s", ["", "", ""], outlasts: true, events: new ChaosEvent.Freeze(9, AtOnce, NodeRole.Coordinator, TimeSpan.FromSeconds(20))),
            Of("07-owner-stands-still-60s", ["", "", ""], outlasts: true, events: new ChaosEvent.Freeze(9, AtOnce, NodeRole.Owner, TimeSpan.FromSeconds(60))),
            Of("09-killed-while-a-checkpoint-is-made", ["ObjectWritten=kill@3", "ManifestBefore=kill@2", "ManifestAfter=kill@2"]),
            Of("12-database-restarted", ["", ""], events: new ChaosEvent.KillDatabase(9, AtOnce, AtOnce)),
            Of("12-database-away-for-10s", ["", ""], outlasts: true, events: new ChaosEvent.KillDatabase(9, AtOnce, TimeSpan.FromSeconds(10))),
            Of("14-clock-an-hour-behind", ["", "", ""], hours: -1),
            Of("14-clock-an-hour-ahead", ["", "", ""], hours: 1),
            Of("14-clock-a-day-behind", ["", "", ""], hours: -24),
            Of("14-clock-a-day-ahead", ["", "", ""], hours: 24),
            Of("14-clock-a-day-ahead-and-everything-killed", ["", "", ""], hours: 24, events: new ChaosEvent.KillAll(15, AtOnce, 2)),
            Of("17-sample-that-kills-whoever-computes-it", [deadly, deadly, deadly], successors: deadly),
            // So many steps that whoever is to leave finds those at work who came before.
            Of("19-rolling-update", ["", ""], steps: 400,
                events: [new ChaosEvent.Join(6, AtOnce, 1), new ChaosEvent.Leave(120, AtOnce, 2), new ChaosEvent.Join(180, AtOnce, 1), new ChaosEvent.Leave(300, AtOnce, 2)]),
            Of("19-scale-1-4-2", [""], steps: 400, nodesAtOnce: 4, events: [new ChaosEvent.Join(6, AtOnce, 3), new ChaosEvent.Leave(200, AtOnce, 2)]),
            // Halfway between two checkpoints, the older of which was committed long ago.
            Of("20-everything-killed", ["", ""], interval: 20, stepsLostMax: 20, events: new ChaosEvent.KillAll(32, AtOnce, 2)),
        ];
    }

    private static Row Of(
        string name, string[] failpoints, int shards = 0, int backups = 1, int interval = 5, int hours = 0, int steps = Schedule.Steps, bool outlasts = false, int nodesAtOnce = 0, int? stepsLostMax = null,
        string? successors = null, bool isDelayed = false, params ImmutableArray<ChaosEvent> events) => new(name, new Schedule
    {
        Seed = 0,
        StepCount = outlasts ? Schedule.StepsWithoutEnd : steps,
        OutlastsFaults = outlasts,
        NodesAtOnce = nodesAtOnce,
        StepsLostMax = stepsLostMax,
        Number = name.Aggregate(17, (hash, letter) => unchecked(hash * 31 + letter)) & int.MaxValue,
        SlotCount = 5,
        Precision = GradientPrecision.Float32,
        ShardCount = shards,
        Backups = backups,
        Interval = interval,
        // The last node's clock is the wrong one.
        Nodes = [.. failpoints.Select((points, node) => new NodeFault(points == "" ? null : points, node == failpoints.Length - 1 ? hours : 0))],
        Supervised = new NodeFault(successors),
        IsDelayed = isDelayed,
        Events = events,
    });
}
