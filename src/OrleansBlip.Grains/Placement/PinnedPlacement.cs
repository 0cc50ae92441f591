namespace OrleansBlip.Grains.Placement;

/// <summary>
/// The node in a grain's key decides, not the grain directory: no entry can be lost with another node, so a healthy node's grains live on when others
/// leave, and two first calls at once cannot make two activations, since both go to the one silo of that name.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.PinnedPlacement")]
internal sealed class PinnedPlacement : PlacementStrategy
{
    public override bool IsUsingGrainDirectory => false;
}
