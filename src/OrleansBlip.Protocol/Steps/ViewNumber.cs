namespace OrleansBlip.Protocol.Steps;

/// <summary>
/// The fence of a run: it rises whenever a coordinator starts anew, shards change owner or a step is tried again, and everybody refuses a view
/// below the highest one seen.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.ViewNumber")]
public readonly record struct ViewNumber([property: Id(0)] long Value) : IComparable<ViewNumber>
{
    /// <summary>The next higher view.</summary>
    public ViewNumber Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(ViewNumber other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="left"/> is fenced by <paramref name="right"/>.</summary>
    public static bool operator <(ViewNumber left, ViewNumber right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> fences <paramref name="right"/>.</summary>
    public static bool operator >(ViewNumber left, ViewNumber right) => left.Value > right.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
