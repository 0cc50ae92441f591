using OrleansBlip.Grains.Placement;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Inference;

/// <summary>A filter's name in the cluster: a façade over <see cref="InferenceHost"/>.</summary>
[GrainType("blip-filter"), PinnedPlacement]
internal sealed class FilterGrain(IGrainContext context, InferenceHost host) : Grain, IFilter
{
    private readonly int _device = InferenceDevice.OfKey(context.GrainId.Key.ToString()!).Device;

    public Task<ScoreBlock> Score(ScoreLease lease) => host.ScoreAsync(_device, lease);

    public Task Close() => host.CloseAsync(_device);
}
