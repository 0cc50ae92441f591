using OrleansBlip.Grains.Placement;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Inference;

/// <summary>A captioner's name in the cluster: a façade over <see cref="InferenceHost"/>.</summary>
[GrainType("blip-captioner"), PinnedPlacement]
internal sealed class CaptionerGrain(IGrainContext context, InferenceHost host) : Grain, ICaptioner
{
    private readonly int _device = InferenceDevice.OfKey(context.GrainId.Key.ToString()!).Device;

    public Task<CaptionBlock> Caption(CaptionLease lease) => host.CaptionAsync(_device, lease);

    public Task Close() => host.CloseAsync(_device);
}
