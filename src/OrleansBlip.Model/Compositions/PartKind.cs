namespace OrleansBlip.Model.Compositions;

/// <summary>What a part gives to those that it feeds.</summary>
public enum PartKind
{
    /// <summary>Tokens of an image, (B, N, D).</summary>
    ImageTokens,

    /// <summary>A text transformer that encodes, alone or grounded in an image; its value is (B, T, D).</summary>
    TextEncoder,

    /// <summary>A causal text transformer with a language-model head.</summary>
    TextDecoder,

    /// <summary>A normalised feature of each sample, (B, d).</summary>
    Feature,

    /// <summary>A classifier of states, (…, D) → (…, classes).</summary>
    Head,

    /// <summary>An objective that compares features and leaves its <see cref="Objectives.ContrastiveOutcome"/> with the graph, under its name.</summary>
    Contrast,

    /// <summary>Any other objective.</summary>
    Objective,
}
