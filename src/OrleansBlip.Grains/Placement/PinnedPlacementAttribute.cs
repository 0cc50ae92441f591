using Orleans.Placement;

namespace OrleansBlip.Grains.Placement;

/// <summary>Places a grain on the node that its key begins with.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PinnedPlacementAttribute() : PlacementAttribute(new PinnedPlacement());
