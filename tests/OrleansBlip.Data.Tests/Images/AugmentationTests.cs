using CsCheck;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.Tests.Images;

public class AugmentationTests
{
    [Fact]
    public void DrawCrop_OfAnyPicture_LiesInsideAndKeepsTheArea() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 300], Gen.Int[1, 300]).Sample((seed, width, height) =>
        {
            var box = Augmentation.DrawCrop(width, height, 0.5, new KeyedRandom(seed));
            return box.Left >= 0 && box.Top >= 0 && box.Width > 0 && box.Height > 0 && box.Left + box.Width <= width && box.Top + box.Height <= height
                && (width < 100 || height < 100 || Math.Max(width, height) > 1.3 * Math.Min(width, height) || box.Width * box.Height > 0.48 * width * height);
        });

    [Fact]
    public void Apply_SameKey_GivesTheSamePixels()
    {
        foreach (var kind in Enum.GetValues<AugmentationKind>())
        {
            var spec = new AugmentationSpec { Kind = kind };
            Assert.Equal(Augmentation.Apply(Ramp(), 32, spec, new KeyedRandom(1)).Pixels, Augmentation.Apply(Ramp(), 32, spec, new KeyedRandom(1)).Pixels);
        }
    }

    [Fact]
    public void ShiftAndBrightness_OverManyKeys_ReachesEveryShiftAndNoFurther()
    {
        var spec = new AugmentationSpec { Kind = AugmentationKind.ShiftAndBrightness, ShiftPixelsMax = 2, BrightnessChangeMax = 0 };
        var shifts = new HashSet<(int, int)>();
        for (ulong seed = 0; seed < 300; seed++)
        {
            var image = new RgbImage(9, 9);
            image.Row(4)[4 * 3] = 255;
            var at = Array.IndexOf(Augmentation.Apply(image, 9, spec, new KeyedRandom(seed)).Pixels, (byte)255) / 3;
            shifts.Add((at % 9 - 4, at / 9 - 4));
        }
        Assert.Equal(25, shifts.Count);
        Assert.All(shifts, shift => Assert.True(Math.Abs(shift.Item1) <= 2 && Math.Abs(shift.Item2) <= 2));
    }

    [Fact]
    public void ShiftAndBrightness_OverManyKeys_ChangesBrightnessWithinItsBound()
    {
        var spec = new AugmentationSpec { Kind = AugmentationKind.ShiftAndBrightness, ShiftPixelsMax = 0, BrightnessChangeMax = 0.2 };
        var image = new RgbImage(1, 1, [100, 100, 100]);
        var values = Enumerable.Range(0, 500).Select(seed => (int)Augmentation.Apply(image, 1, spec, new KeyedRandom((ulong)seed)).Pixels[0]).ToList();
        Assert.InRange(values.Min(), 80, 82);
        Assert.InRange(values.Max(), 118, 120);
    }

    [Fact]
    public void AutoContrast_WithoutTheReferencesOverflow_StretchesEachChannel()
    {
        var image = new RgbImage(3, 1, [50, 0, 9, 100, 128, 9, 150, 255, 9]);
        Assert.Equal([0, 0, 9, 127, 128, 9, 255, 255, 9], RandAugment.Apply(image, RandAugmentOperation.AutoContrast, 5, overflows: false).Pixels);
        Assert.Equal([255, 0, 9, 255, 128, 9, 255, 255, 9], RandAugment.Apply(image, RandAugmentOperation.AutoContrast, 5, overflows: true).Pixels);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void Validate_CropAreaOutsideItsRange_NamesIt(double area) =>
        Assert.Contains("CropAreaMin", Assert.Throws<DatasetException>(() => new AugmentationSpec { CropAreaMin = area }.Validate()).Message, StringComparison.Ordinal);

    private static RgbImage Ramp() => new(40, 30, [.. Enumerable.Range(0, 40 * 30 * 3).Select(i => (byte)(i * 13 / 3))]);
}
