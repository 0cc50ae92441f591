namespace OrleansBlip.Protocol.Runs;

/// <summary>A run as it is asked for: what is learned, and how this cluster goes about it. Only <see cref="Spec"/> decides the weights.</summary>
[GenerateSerializer, Immutable, Alias("blip.RunRequest")]
public sealed record RunRequest
{
    /// <summary>Most parameter shards.</summary>
    public const int ShardCountMax = 1024;

    /// <summary>Fewest shards where the request names no number: on one node too, two threads take sums in.</summary>
    public const int ShardCountByDefaultMin = 2;

    /// <summary>Checkpoints kept, and steps skipped in a row, where the request does not say otherwise.</summary>
    public const int CheckpointsKeptByDefault = 2, SkipsInRowMaxByDefault = 5;

    /// <summary>Highest value of <see cref="QuarantinesMax"/>.</summary>
    public const int QuarantinesMaxMax = 256;

    /// <summary>What is learned.</summary>
    [Id(0)] public required RunSpec Spec { get; init; }

    /// <summary>Where to find what the specification names by digest (data set, initial weights), a JSON object read by the slots' computer on each node.</summary>
    [Id(1)] public string Sources { get; init; } = "{}";

    /// <summary>Folder of the run's checkpoints, reachable from every node.</summary>
    [Id(2)] public required string CheckpointFolder { get; init; }

    /// <summary>Steps between checkpoints; 0 for one at the end only.</summary>
    [Id(3)] public long CheckpointInterval { get; init; }

    /// <summary>Checkpoints kept, 1 or more.</summary>
    [Id(4)] public int CheckpointsKept { get; init; } = CheckpointsKeptByDefault;

    /// <summary>Parameter shards (K), up to <see cref="ShardCountMax"/>; 0 for one on each node, but at least <see cref="ShardCountByDefaultMin"/>.</summary>
    [Id(5)] public int ShardCount { get; init; }

    /// <summary>Steps in a row that may be skipped for a gradient that is not finite before the run has diverged, 1 or more.</summary>
    [Id(6)] public int SkipsInRowMax { get; init; } = SkipsInRowMaxByDefault;

    /// <summary>Folder of the checkpoints of which <see cref="RunSpec.ForkedFromSha256"/> names one, reachable from every node; null for a run from the beginning.</summary>
    [Id(7)] public string? ForkedFromFolder { get; init; }

    /// <summary>
    /// Backups of each shard, 0 or 1, on another node: with one, the loss of a node is a promotion and no step is taken again. They need a second node; until there is one
    /// the run goes without. For nodes of one process, which die together, they are a waste.
    /// </summary>
    [Id(8)] public int Backups { get; init; } = 1;

    /// <summary>
    /// Slots that may be put into quarantine for killing devices, 0 (none, ever) to <see cref="QuarantinesMaxMax"/>; besides, no more than a sixteenth of the data. It is no part
    /// of the specification: what comes of it is an amendment.
    /// </summary>
    [Id(9)] public int QuarantinesMax { get; init; } = 16;

    /// <summary>Refuses a request that cannot run.</summary>
    /// <exception cref="RunRefusedException">Names the wrong key with its value and its range.</exception>
    public void Validate()
    {
        Spec.Validate();
        if (string.IsNullOrWhiteSpace(CheckpointFolder)) throw new RunRefusedException("CheckpointFolder is empty, it must name a folder that every node reaches.");
        if ((ForkedFromFolder is null) != (Spec.ForkedFromSha256 is null)) throw new RunRefusedException("A fork needs both ForkedFromFolder and Spec.ForkedFromSha256.");
        if (CheckpointInterval < 0) throw new RunRefusedException($"CheckpointInterval is {CheckpointInterval}, it must be 0 or more steps.");
        if (CheckpointsKept < 1) throw new RunRefusedException($"CheckpointsKept is {CheckpointsKept}, it must be 1 or more.");
        if (ShardCount is < 0 or > ShardCountMax) throw new RunRefusedException($"ShardCount is {ShardCount}, it must be 0 to {ShardCountMax}.");
        if (Backups is < 0 or > 1) throw new RunRefusedException($"Backups is {Backups}, it must be 0 or 1.");
        if (QuarantinesMax is < 0 or > QuarantinesMaxMax) throw new RunRefusedException($"QuarantinesMax is {QuarantinesMax}, it must be 0 to {QuarantinesMaxMax}.");
        if (SkipsInRowMax < 1) throw new RunRefusedException($"SkipsInRowMax is {SkipsInRowMax}, it must be 1 or more.");
    }
}
