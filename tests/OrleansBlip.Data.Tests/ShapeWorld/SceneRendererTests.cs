using System.Security.Cryptography;
using OrleansBlip.Data.ShapeWorld;
using SkiaSharp;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class SceneRendererTests
{
    private const string GridPixelsSha256 = "5a164799c3934903f10ffdddae6f33d4a867a00f4115e02fe6672342643704ca";
    private const string FreePixelsSha256 = "771656ee4ad921448fb674419826fe61ef1fb0980259c12fed10b2bf6274298f";

    private static readonly ShapeKind[] Shapes = Enum.GetValues<ShapeKind>();
    private static readonly ShapeColour[] Colours = Enum.GetValues<ShapeColour>();

    [Theory]
    [InlineData(ShapeWorldLevel.Grid, GridPixelsSha256)]
    [InlineData(ShapeWorldLevel.Free, FreePixelsSha256)]
    public void Render_SameScenes_GivesTheSamePixelsOnEveryMachine(ShapeWorldLevel level, string sha256)
    {
        var spec = Scenes.Spec(level);
        var renderer = new SceneRenderer(spec.ImageSizePx);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (i, scene) in Scenes.Draw(level, 100).Index())
            hash.AppendData(renderer.Render(scene, Backdrop.Draw(spec.Level, spec.Seed, ShapeWorldSplit.Web, i)));
        Assert.Equal(sha256, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void Render_AnyLight_LeavesColoursNearestToTheirOwn()
    {
        var spec = ShapeWorldSpec.Grid();
        var renderer = new SceneRenderer(spec.ImageSizePx);
        using var encoder = new JpegEncoder(spec.ImageSizePx, spec.JpegQuality);
        int objects = 0, recognised = 0;
        foreach (var (i, scene) in Scenes.Draw(ShapeWorldLevel.Grid, 1_000).Index())
        {
            using var picture = SKBitmap.Decode(encoder.Encode(renderer.Render(scene, Backdrop.Draw(spec.Level, spec.Seed, ShapeWorldSplit.Web, i))));
            foreach (var item in scene.Objects)
            {
                var seen = MeanColour(picture, item);
                objects++;
                if (Colours.MinBy(colour => DistanceSquared(seen, Palette.Of(colour))) == item.Colour)
                    recognised++;
            }
        }
        Assert.InRange(recognised / (double)objects, 0.995, 1);
    }

    [Fact]
    public void Outlines_AnyTwo_DifferInASeventhOfTheirArea()
    {
        foreach (var (a, b) in Shapes.SelectMany(a => Shapes.Where(b => a < b).Select(b => (a, b))))
        {
            int either = 0, one = 0;
            foreach (var (u, v) in Lattice(64))
            {
                var (inA, inB) = (ShapeOutline.Contains(a, u, v), ShapeOutline.Contains(b, u, v));
                either += inA || inB ? 1 : 0;
                one += inA != inB ? 1 : 0;
            }
            Assert.True(7 * one >= either, $"{a} and {b} differ in {one} of {either} points.");
        }
    }

    [Fact]
    public void Outlines_All_FillTheirSquareInOneDirection()
    {
        foreach (var shape in Shapes)
        {
            var points = Lattice(64).Where(point => ShapeOutline.Contains(shape, point.U, point.V)).ToArray();
            Assert.InRange(points.Max(point => Math.Max(Math.Abs(point.U), Math.Abs(point.V))), 0.85, 1);
        }
    }

    // The mean of the pixels that the object covers wholly.
    private static Rgb MeanColour(SKBitmap picture, SceneObject item)
    {
        var sum = default(Rgb);
        var count = 0;
        double[] inPixel = [0.05, 0.5, 0.95];
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                if (!inPixel.All(dx => inPixel.All(dy => item.Covers((x + dx) / picture.Width, (y + dy) / picture.Height))))
                    continue;
                var pixel = picture.GetPixel(x, y);
                sum += new Rgb(pixel.Red, pixel.Green, pixel.Blue);
                count++;
            }
        }
        return new Rgb(sum.R / count, sum.G / count, sum.B / count);
    }

    private static int DistanceSquared(Rgb a, Rgb b) => (a.R - b.R) * (a.R - b.R) + (a.G - b.G) * (a.G - b.G) + (a.B - b.B) * (a.B - b.B);

    private static IEnumerable<(double U, double V)> Lattice(int side) =>
        from row in Enumerable.Range(0, side)
        from column in Enumerable.Range(0, side)
        select ((2 * column + 1.0) / side - 1, (2 * row + 1.0) / side - 1);
}
