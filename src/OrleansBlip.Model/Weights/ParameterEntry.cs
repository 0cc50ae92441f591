using System.Collections.Immutable;

namespace OrleansBlip.Model.Weights;

/// <summary>One trainable tensor's place in the flat parameter vector.</summary>
public sealed record ParameterEntry
{
    /// <summary>The reference checkpoint's name of the tensor, e.g. <c>text_encoder.encoder.layer.0.attention.self.query.weight</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Dimensions; empty for a scalar.</summary>
    public required ImmutableArray<long> Shape { get; init; }

    /// <summary>First element in the flat vector.</summary>
    public required long Offset { get; init; }

    /// <summary>Number of elements, at least 1.</summary>
    public required long Length { get; init; }

    /// <summary>First element in the momentum (EMA) vector, or -1 when no momentum module holds a copy of this tensor.</summary>
    public long MomentumOffset { get; init; } = -1;

    /// <summary>The momentum copy's name, e.g. <c>text_encoder_m.…</c>; null when there is none.</summary>
    public string? MomentumName { get; init; }

    /// <summary>Other names under which tied modules know the same tensor, in ordinal order.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Inclusive bounds to which the optimizer clamps the tensor after its step (the temperature: 0.001 to 0.5); null for none.</summary>
    public (double Lower, double Upper)? Bounds { get; init; }
}
