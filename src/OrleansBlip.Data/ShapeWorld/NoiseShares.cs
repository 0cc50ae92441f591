namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// The shares of the web pictures, 0 to 1, that get a text of each kind; the rest keeps a caption of its own. The kind only says how a text came about:
/// a borrowed caption may happen to be true.
/// </summary>
public sealed record NoiseShares
{
    /// <summary>The caption of another picture of the same split.</summary>
    public double Borrowed { get; init; } = 0.28;

    /// <summary>A caption of its own in which one attribute is wrong.</summary>
    public double HalfTrue { get; init; } = 0.10;

    /// <summary>A file's name.</summary>
    public double FileName { get; init; } = 0.08;

    /// <summary>Words for search engines.</summary>
    public double Spam { get; init; } = 0.08;

    /// <summary>One word that says nothing.</summary>
    public double Empty { get; init; } = 0.06;

    /// <summary>No noise at all.</summary>
    public static NoiseShares None { get; } = new() { Borrowed = 0, HalfTrue = 0, FileName = 0, Spam = 0, Empty = 0 };

    /// <summary>The share of texts that are no caption of their picture.</summary>
    internal double Total => Borrowed + HalfTrue + FileName + Spam + Empty;
}
