using System.Collections.Immutable;
using OrleansBlip.Chaos.Nodes;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>A run and what is done to it: a function of the seed and the schedule's number alone.</summary>
internal sealed record Schedule
{
    /// <summary>Steps of a run, unless it says otherwise.</summary>
    public const int Steps = 40;

    /// <summary>More than any machine takes while a fault lasts.</summary>
    public const int StepsWithoutEnd = 100_000;

    /// <summary>Steps of each run that is drawn: enough for three events and the checkpoints between them.</summary>
    private const int StepsDrawn = 30;

    /// <summary>Processes that a schedule may ask for, so that two cores are done with them in time; one that is started because none is left comes beside them.</summary>
    private const int StartsMax = 5;

    private static readonly Failpoint[] Points = [.. Enum.GetValues<Failpoint>().Where(point => point != Failpoint.SampleTaken)];

    /// <summary>Where a failure is heard of, and something is done about it.</summary>
    private static readonly Failpoint[] ThrowingPoints =
        [Failpoint.PushBefore, Failpoint.BlockStored, Failpoint.ApplyBefore, Failpoint.ApplyAfter, Failpoint.PullAnswered, Failpoint.PersistAfter, Failpoint.ObjectWritten, Failpoint.ManifestBefore, Failpoint.ManifestAfter];

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>The schedule's number under the seed.</summary>
    public required int Number { get; init; }

    /// <summary>Steps of the run.</summary>
    public int StepCount { get; init; } = Steps;

    /// <summary>Whether the run is to go on until each fault of its has healed, and for some steps after: it is asked to end then, at whatever step that is.</summary>
    public bool OutlastsFaults { get; init; }

    /// <summary>Nodes that must have been at work at the same time.</summary>
    public int NodesAtOnce { get; init; }

    /// <summary>Steps that the run may lose when all nodes are killed; null where that is not looked at.</summary>
    public int? StepsLostMax { get; init; }

    /// <summary>Slots of a step.</summary>
    public required int SlotCount { get; init; }

    /// <summary>Precision of gradients.</summary>
    public required GradientPrecision Precision { get; init; }

    /// <summary>Parameter shards, 0 for the default.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Backups of each shard.</summary>
    public required int Backups { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public required int Interval { get; init; }

    /// <summary>Checkpoints are of steps that are multiples of it: pauses and nodes that leave make one anywhere.</summary>
    public int CheckpointsEvery => Events.Any(item => item is ChaosEvent.Pause or ChaosEvent.Leave) ? 1 : Interval;

    /// <summary>Nodes at the start: the failpoints of each, and by how much its clock is wrong.</summary>
    public required ImmutableArray<NodeFault> Nodes { get; init; }

    /// <summary>What is wrong with nodes that are started because there is none left.</summary>
    public NodeFault Supervised { get; init; } = NodeFault.None;

    /// <summary>Whether what nodes send each other comes <see cref="DelayedLinks">75±50 ms</see> later, from the start.</summary>
    public bool IsDelayed { get; init; }

    /// <summary>What happens, in this order.</summary>
    public required ImmutableArray<ChaosEvent> Events { get; init; }

    /// <summary>Whether a sample kills whoever computes it.</summary>
    public bool IsWithDeadlySample => Nodes.Append(Supervised).Any(node => node.Failpoints?.StartsWith(nameof(Failpoint.SampleTaken), StringComparison.Ordinal) == true);

    /// <summary>Draws a schedule.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="number">The schedule's number.</param>
    /// <param name="isLong">Whether it is one of the long ones: nodes that stand still for 20 s, partitions of 30 s.</param>
    public static Schedule Draw(int seed, int number, bool isLong = false)
    {
        var random = new Random(unchecked(seed * 1_000_003 + number * 7919 + (isLong ? 1 : 0)));
        int nodes = Weighted(random, 15, 35, 30, 12, 8) + 1;
        return new Schedule
        {
            Seed = seed,
            Number = number,
            StepCount = isLong ? StepsWithoutEnd : StepsDrawn,
            OutlastsFaults = isLong,
            SlotCount = random.Next(3, 8),
            Precision = random.Next(3) == 0 ? GradientPrecision.BFloat16 : GradientPrecision.Float32,
            ShardCount = random.Next(4),
            Backups = random.Next(3) == 0 ? 0 : 1,
            Interval = random.Next(4, 11),
            Nodes = [.. Enumerable.Range(0, nodes).Select(_ => DrawNode(random))],
            Events = isLong ? [DrawLong(random)] : DrawEvents(random, StartsMax - nodes),
        };
    }

    /// <summary>For the schedule's line.</summary>
    public override string ToString() =>
        $"{Nodes.Length} nodes, {SlotCount} slots, {(ShardCount == 0 ? "default" : ShardCount)} shards with {Backups} backups, {Precision}, every {Interval}: {string.Join(", ", [.. Nodes.Select(node => node.ToString()).Where(text => text != ""), .. Events.Select(item => item.ToString())])}";

    private static NodeFault DrawNode(Random random)
    {
        string? failpoints = null;
        if (random.Next(100) < 35)
        {
            int kind = Weighted(random, 70, 15, 15);
            var point = kind == 1 ? ThrowingPoints[random.Next(ThrowingPoints.Length)] : Points[random.Next(Points.Length)];
            int passages = point switch
            {
                Failpoint.CoordinatorRecovered or Failpoint.ShardOpened or Failpoint.TrainerOpened or Failpoint.BackupPromoted => 1,
                Failpoint.ObjectWritten or Failpoint.PartGiven or Failpoint.ManifestBefore or Failpoint.ManifestAfter or Failpoint.LatestMoved => 4,
                _ => StepsDrawn,
            };
            failpoints = $"{point}={kind switch { 0 => "kill", 1 => "throw", _ => "pause:2" }}@{random.Next(passages) + 1}";
        }
        int hours = random.Next(100) < 8 ? new[] { -24, -1, 1, 24 }[random.Next(4)] : 0;
        return new NodeFault(failpoints, hours);
    }

    private static ImmutableArray<ChaosEvent> DrawEvents(Random random, int starts)
    {
        var events = ImmutableArray.CreateBuilder<ChaosEvent>();
        foreach (long step in Enumerable.Range(0, Weighted(random, 0, 45, 35, 20)).Select(_ => (long)random.Next(2, StepsDrawn - 6)).Order())
        {
            ChaosEvent drawn;
            do drawn = DrawEvent(random, step);
            while (drawn.Starts > starts);
            starts -= drawn.Starts;
            events.Add(drawn);
        }
        return events.ToImmutable();
    }

    private static ChaosEvent DrawEvent(Random random, long step)
    {
        var delay = TimeSpan.FromMilliseconds(random.Next(200));
        var role = (NodeRole)random.Next(3);
        return Weighted(random, 34, 10, 10, 8, 10, 8, 10, 10) switch
        {
            0 => new ChaosEvent.Kill(step, delay, role, (Successor)random.Next(3)),
            1 => new ChaosEvent.KillAll(step, delay, random.Next(1, 4)),
            2 => new ChaosEvent.KillDatabase(step, delay, TimeSpan.FromSeconds(random.NextDouble() * 2)),
            3 => new ChaosEvent.Pause(step, delay),
            4 => new ChaosEvent.Join(step, delay, random.Next(1, 4)),
            5 => new ChaosEvent.Leave(step, delay, random.Next(1, 3)),
            6 => new ChaosEvent.Freeze(step, delay, role, TimeSpan.FromSeconds(0.5 + random.NextDouble() * 3)),
            _ => new ChaosEvent.Partition(step, delay, role, (Direction)random.Next(3), TimeSpan.FromSeconds(0.5 + random.NextDouble() * 4)),
        };
    }

    private static ChaosEvent DrawLong(Random random)
    {
        long step = random.Next(2, StepsDrawn / 2);
        var (delay, role) = (TimeSpan.FromMilliseconds(random.Next(200)), (NodeRole)random.Next(3));
        return random.Next(2) == 0
            ? new ChaosEvent.Freeze(step, delay, role, TimeSpan.FromSeconds(20))
            : new ChaosEvent.Partition(step, delay, role, (Direction)random.Next(3), TimeSpan.FromSeconds(30));
    }

    /// <summary>An index, as often as its weight says.</summary>
    private static int Weighted(Random random, params ReadOnlySpan<int> weights)
    {
        int sum = 0, index = 0;
        foreach (int weight in weights) sum += weight;
        for (int left = random.Next(sum); left >= weights[index]; index++) left -= weights[index];
        return index;
    }
}
