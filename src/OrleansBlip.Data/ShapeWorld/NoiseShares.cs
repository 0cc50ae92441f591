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

    /// <summary>What the usual shares sum to.</summary>
    public static double UsualTotal { get; } = Math.Round(new NoiseShares().Total, 12);

    /// <summary>The usual kinds in their usual proportions, scaled to a total.</summary>
    /// <param name="total">Share of texts that are no caption of their picture, 0 to 1.</param>
    public static NoiseShares Of(double total)
    {
        var usual = new NoiseShares();
        var scale = total / UsualTotal;
        return new()
        {
            Borrowed = usual.Borrowed * scale,
            HalfTrue = usual.HalfTrue * scale,
            FileName = usual.FileName * scale,
            Spam = usual.Spam * scale,
            Empty = usual.Empty * scale,
        };
    }

    /// <summary>The share of texts that are no caption of their picture.</summary>
    internal double Total => Borrowed + HalfTrue + FileName + Spam + Empty;
}
