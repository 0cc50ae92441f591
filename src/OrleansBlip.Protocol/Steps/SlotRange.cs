namespace OrleansBlip.Protocol.Steps;

/// <summary>The slots <see cref="Start"/> to <see cref="End"/> − 1 of a step. A slot is the unit of work: b samples whose gradient is a pure function of parameters, samples and keys.</summary>
[GenerateSerializer, Immutable, Alias("blip.SlotRange")]
public readonly record struct SlotRange([property: Id(0)] int Start, [property: Id(1)] int Count)
{
    /// <summary>The slot after the last.</summary>
    public int End => Start + Count;

    /// <summary>Whether <paramref name="slot"/> lies in the range.</summary>
    public bool Contains(int slot) => slot >= Start && slot < End;

    /// <inheritdoc/>
    public override string ToString() => Count == 1 ? $"{Start}" : $"{Start}-{End - 1}";
}
