using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A parameter shard, 0 to K − 1. Shard 0 also holds the feature queue and collects what the slots report.</summary>
[GenerateSerializer, Immutable, Alias("blip.ShardIndex")]
public readonly record struct ShardIndex([property: Id(0)] int Value) : IComparable<ShardIndex>
{
    /// <summary>The shard with the feature queue and the slots' reports.</summary>
    public static readonly ShardIndex Lead = new(0);

    /// <summary>The key of this shard's grain on <paramref name="node"/>.</summary>
    public string GrainKey(NodeName node, RunId run) => $"{node}/{run}/{Value}";

    /// <inheritdoc/>
    public int CompareTo(ShardIndex other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
