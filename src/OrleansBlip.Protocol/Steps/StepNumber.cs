namespace OrleansBlip.Protocol.Steps;

/// <summary>A training step, from 0. Parameters of version t are those that step t trains.</summary>
[GenerateSerializer, Immutable, Alias("blip.StepNumber")]
public readonly record struct StepNumber([property: Id(0)] long Value) : IComparable<StepNumber>
{
    /// <summary>The step after this one.</summary>
    public StepNumber Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(StepNumber other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(StepNumber left, StepNumber right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(StepNumber left, StepNumber right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(StepNumber left, StepNumber right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(StepNumber left, StepNumber right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
