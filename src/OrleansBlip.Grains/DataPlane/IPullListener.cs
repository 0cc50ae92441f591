using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>Follows a block that is being pulled. Nothing of it is known to be whole before the pull has ended well.</summary>
internal interface IPullListener
{
    /// <summary>A block begins to come: where its numbers will be. Its queue is there.</summary>
    void Begins(ParameterBlock block);

    /// <summary>So many of its weights and of its momentum copies have come.</summary>
    void Came(int weights, int momentum);
}
