using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>A copy of the feature queue at a node that pulls it.</summary>
internal sealed class PulledQueue(int count, int width)
{
    public float[] Images { get; } = new float[count * width];

    public float[] Texts { get; } = new float[count * width];

    public long[] Ids { get; } = new long[count];

    /// <summary>Takes over what the queue of the version before holds, to have its older entries.</summary>
    public void CopyFrom(PulledQueue before)
    {
        before.Images.CopyTo(Images, 0);
        before.Texts.CopyTo(Texts, 0);
        before.Ids.CopyTo(Ids, 0);
    }

    /// <summary>The queue in the protocol's words.</summary>
    public QueueBlock ToBlock() => new() { Image = new FloatBlock(Images), Text = new FloatBlock(Texts), Ids = Ids };
}
