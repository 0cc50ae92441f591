namespace OrleansBlip.Model.Compositions;

/// <summary>One arrow of a composition: the part <paramref name="Source"/> must exist and be one of <paramref name="Kinds"/>.</summary>
/// <param name="Port">What the consumer calls it.</param>
/// <param name="Source">The feeding part's name; null when the composition does not say.</param>
/// <param name="Kinds">What may feed the port.</param>
public sealed record Feed(string Port, string? Source, params PartKind[] Kinds)
{
    /// <summary>Whether the consumer reads the first token of the value alone; objectives hand a head its states themselves.</summary>
    public bool IsFirstTokenOnly { get; init; }
}
