using System.Collections.Immutable;

namespace OrleansBlip.Model.Weights;

/// <summary>What did not fit when named tensors were loaded into a model; everything else was loaded.</summary>
public sealed record LoadReport
{
    /// <summary>Tensors of the model that the source does not have: they keep their values.</summary>
    public required ImmutableArray<string> Missing { get; init; }

    /// <summary>Tensors of the source that the model does not have: queues, buffers, other objectives.</summary>
    public required ImmutableArray<string> Surplus { get; init; }

    /// <summary>Tensors whose shapes differ, with both shapes: they keep their values.</summary>
    public required ImmutableArray<string> Misshaped { get; init; }

    /// <summary>Pairs of names that the model ties and the source gives different values: the first was loaded.</summary>
    public required ImmutableArray<string> Untied { get; init; }

    /// <summary>Demands that every tensor of the model was loaded; a source may hold more.</summary>
    /// <exception cref="InvalidDataException">Something is missing, misshaped or untied; the message lists all of it, and what is surplus: a missing tensor may be there under another name.</exception>
    public LoadReport RequireComplete(string source)
    {
        if (Missing.Length + Misshaped.Length + Untied.Length == 0) return this;
        throw new InvalidDataException($"'{source}' does not fit the model."
            + Listed(" Missing", Missing) + Listed(" Other shape", Misshaped) + Listed(" Tied in the model, different in the file", Untied) + Listed(" Not in the model", Surplus));
    }

    private static string Listed(string title, ImmutableArray<string> names) => names.Length == 0 ? "" : $"{title}: {string.Join(", ", names)}.";
}
