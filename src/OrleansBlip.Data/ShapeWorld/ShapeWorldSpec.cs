namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Everything that a world depends on: two equal specs give the same bytes on every machine.</summary>
public sealed record ShapeWorldSpec
{
    /// <summary>How hard the world is.</summary>
    public ShapeWorldLevel Level { get; init; } = ShapeWorldLevel.Grid;

    /// <summary>Another seed gives other pictures of the same kind.</summary>
    public ulong Seed { get; init; }

    /// <summary>The pictures' side in pixels: 48 to 96 and a multiple of 3 on the grid, 64 to 128 in the free world.</summary>
    public int ImageSizePx { get; init; } = 48;

    /// <summary>The quality of the JPEG files, 95 to 100; colour is stored at full resolution.</summary>
    public int JpegQuality { get; init; } = 96;

    /// <summary>Pictures of <see cref="ShapeWorldSplit.Clean"/>.</summary>
    public int CleanCount { get; init; } = 200;

    /// <summary>Pictures of <see cref="ShapeWorldSplit.Web"/>.</summary>
    public int WebCount { get; init; } = 20_000;

    /// <summary>Pictures of <see cref="ShapeWorldSplit.Val"/>.</summary>
    public int ValCount { get; init; } = 800;

    /// <summary>Pictures of <see cref="ShapeWorldSplit.Test"/>.</summary>
    public int TestCount { get; init; } = 2_000;

    /// <summary>Captions of each clean, val and test picture; a web picture has one text.</summary>
    public int CaptionsPerPicture { get; init; } = 5;

    /// <summary>What is wrong with the web's texts.</summary>
    public NoiseShares Noise { get; init; } = new();

    /// <summary>Pictures in one shard.</summary>
    public int PicturesPerShard { get; init; } = 1_000;

    /// <summary>The demo's world: 48 pixels, one or two objects on the grid, 200 clean and 20,000 web pictures.</summary>
    public static ShapeWorldSpec Grid(ulong seed = 0) => new() { Seed = seed };

    /// <summary>The world for long runs: 96 pixels, up to four textured objects anywhere.</summary>
    public static ShapeWorldSpec Free(ulong seed = 0) =>
        new() { Level = ShapeWorldLevel.Free, Seed = seed, ImageSizePx = 96, CleanCount = 2_000, WebCount = 100_000 };

    /// <summary>How many pictures the split holds.</summary>
    public int CountOf(ShapeWorldSplit split) => split switch
    {
        ShapeWorldSplit.Clean => CleanCount,
        ShapeWorldSplit.Web => WebCount,
        ShapeWorldSplit.Val => ValCount,
        ShapeWorldSplit.Test => TestCount,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "There is no such split."),
    };

    /// <summary>Refuses what cannot be generated.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names the value and the range.</exception>
    public void Validate()
    {
        var (sizeMin, sizeMax) = Level == ShapeWorldLevel.Grid ? (48, 96) : (64, 128);
        Check(Enum.IsDefined(Level), nameof(Level), Level, "Grid or Free");
        Check(ImageSizePx >= sizeMin && ImageSizePx <= sizeMax, nameof(ImageSizePx), ImageSizePx, $"{sizeMin} to {sizeMax} at level {Level}");
        Check(Level == ShapeWorldLevel.Free || ImageSizePx % 3 == 0, nameof(ImageSizePx), ImageSizePx, "a multiple of 3 at level Grid");
        Check(JpegQuality is >= 95 and <= 100, nameof(JpegQuality), JpegQuality, "95 to 100 (less smears small shapes)");
        foreach (var split in Enum.GetValues<ShapeWorldSplit>())
            Check(CountOf(split) >= 0 && CountOf(split) <= PicturesMax(split), $"{split}Count", CountOf(split), $"0 to {PicturesMax(split)}");
        Check(WebCount != 1 || Noise.Borrowed == 0, nameof(WebCount), WebCount, "0, or 2 and more when captions are borrowed");
        Check(CaptionsPerPicture is >= 1 and <= 10, nameof(CaptionsPerPicture), CaptionsPerPicture, "1 to 10");
        Check(PicturesPerShard is >= 1 and <= 6_000, nameof(PicturesPerShard), PicturesPerShard, "1 to 6000");
        double[] shares = [Noise.Borrowed, Noise.HalfTrue, Noise.FileName, Noise.Spam, Noise.Empty];
        Check(shares.All(share => share is >= 0 and <= 1) && Noise.Total <= 1 + 1e-9, nameof(Noise), Noise, "shares of 0 to 1 that sum to at most 1");
    }

    // All but the web hold each scene once: the bound is a quarter of the scenes that the smallest split can show.
    private static int PicturesMax(ShapeWorldSplit split) => split == ShapeWorldSplit.Web ? 10_000_000 : 60_000;

    private static void Check(bool holds, string name, object value, string range)
    {
        if (!holds)
            throw new ArgumentException($"ShapeWorldSpec.{name} is {value}; it must be {range}.", name);
    }
}
