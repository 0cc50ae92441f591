namespace OrleansBlip.Protocol.Steps;

/// <summary>One life of a trainer: a trainer that restarts under its old name is another sender.</summary>
[GenerateSerializer, Immutable, Alias("blip.Incarnation")]
public readonly record struct Incarnation([property: Id(0)] Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("N")[..8];
}
