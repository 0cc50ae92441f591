using Orleans.Runtime.Placement;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Placement;

/// <summary>Finds the active silo whose name a grain's key begins with.</summary>
internal sealed class PinnedPlacementDirector(IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        string node = NodeName.OfKey(target.GrainIdentity.Key.ToString()!).Value;
        foreach (var silo in context.GetCompatibleSilos(target))
        {
            if (membership.CurrentSnapshot.Members.TryGetValue(silo, out var member) && member.Name == node) return Task.FromResult(silo);
        }
        throw new NodeUnavailableException($"Grain {target.GrainIdentity} belongs to node '{node}', which is not an active silo of this cluster.");
    }
}
