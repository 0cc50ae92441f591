using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class ShapeWorldSpecTests
{
    public static TheoryData<ShapeWorldSpec, string> Impossible => new()
    {
        { new ShapeWorldSpec { ImageSizePx = 32 }, "ImageSizePx is 32; it must be 48 to 96" },
        { new ShapeWorldSpec { ImageSizePx = 64 }, "a multiple of 3" },
        { ShapeWorldSpec.Free() with { ImageSizePx = 48 }, "64 to 128" },
        { new ShapeWorldSpec { JpegQuality = 80 }, "JpegQuality is 80" },
        { new ShapeWorldSpec { TestCount = -1 }, "TestCount is -1" },
        { new ShapeWorldSpec { TestCount = 200_000 }, "0 to 60000" },
        { new ShapeWorldSpec { WebCount = 1 }, "WebCount is 1" },
        { new ShapeWorldSpec { CaptionsPerPicture = 0 }, "CaptionsPerPicture is 0" },
        { new ShapeWorldSpec { PicturesPerShard = 0 }, "PicturesPerShard is 0" },
        { new ShapeWorldSpec { Noise = new NoiseShares { Borrowed = 0.9 } }, "sum to at most 1" },
        { new ShapeWorldSpec { Noise = new NoiseShares { Spam = double.NaN } }, "Noise" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Validate_OutOfRange_NamesValueAndRange(ShapeWorldSpec spec, string part) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(spec.Validate).Message, StringComparison.Ordinal);

    [Fact]
    public void Validate_TheTwoWorlds_AreAccepted()
    {
        ShapeWorldSpec.Grid().Validate();
        ShapeWorldSpec.Free().Validate();
    }
}
