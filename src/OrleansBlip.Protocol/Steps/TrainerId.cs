using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A trainer: one device of one node.</summary>
[GenerateSerializer, Immutable, Alias("blip.TrainerId")]
public readonly record struct TrainerId([property: Id(0)] NodeName Node, [property: Id(1)] int Device) : IComparable<TrainerId>
{
    /// <summary>The key of this trainer's grain for <paramref name="run"/>.</summary>
    public string GrainKey(RunId run) => $"{Node}/{run}/{Device}";

    /// <inheritdoc/>
    public int CompareTo(TrainerId other)
    {
        int byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : Device.CompareTo(other.Device);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Node}/{Device}";
}
