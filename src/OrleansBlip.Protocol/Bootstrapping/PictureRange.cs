namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>Pictures of a data set that follow each other.</summary>
/// <param name="First">The first one's number.</param>
/// <param name="Count">How many.</param>
[GenerateSerializer, Immutable, Alias("blip.PictureRange")]
public readonly record struct PictureRange([property: Id(0)] int First, [property: Id(1)] int Count)
{
    /// <summary>The number after the last.</summary>
    public int End => First + Count;

    /// <inheritdoc/>
    public override string ToString() => $"pictures {First} to {End - 1}";
}
