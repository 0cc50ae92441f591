using System.Collections.Immutable;

namespace OrleansBlip.Model.Weights;

/// <summary>
/// The flat order of a model's trainable tensors: each once, tied names as aliases, no gaps. It is a function of the composition alone, so every
/// process agrees on it, and a gradient, a moment or a weight is addressed by one integer.
/// </summary>
public sealed class ParameterLayout
{
    /// <summary>Lays out <paramref name="entries"/>.</summary>
    /// <exception cref="ArgumentException">Offsets leave a gap or overlap, a length is not the product of its shape, or a name occurs twice.</exception>
    public ParameterLayout(ImmutableArray<ParameterEntry> entries)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        long momentum = 0;
        foreach (var entry in entries)
        {
            if (entry.Offset != ElementCount) throw new ArgumentException($"Parameter '{entry.Name}' starts at {entry.Offset}, expected {ElementCount}.", nameof(entries));
            if (entry.Length != entry.Shape.Aggregate(1L, (a, b) => a * b)) throw new ArgumentException($"Parameter '{entry.Name}' has length {entry.Length}, its shape is [{string.Join(", ", entry.Shape)}].", nameof(entries));
            if (!names.Add(entry.Name)) throw new ArgumentException($"Parameter '{entry.Name}' occurs twice.", nameof(entries));
            if (entry.MomentumOffset >= 0 && entry.MomentumOffset != momentum) throw new ArgumentException($"Momentum copy of '{entry.Name}' starts at {entry.MomentumOffset}, expected {momentum}.", nameof(entries));
            if (entry.MomentumOffset >= 0) momentum += entry.Length;
            ElementCount += entry.Length;
        }
        Entries = entries;
        MomentumElementCount = momentum;
    }

    /// <summary>The tensors in flat order.</summary>
    public ImmutableArray<ParameterEntry> Entries { get; }

    /// <summary>Elements of the flat parameter vector.</summary>
    public long ElementCount { get; }

    /// <summary>Elements of the momentum vector: the tensors with a momentum copy, in the same order.</summary>
    public long MomentumElementCount { get; }
}
