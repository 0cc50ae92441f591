using System.Text.Json;
using OrleansBlip.Data.Images;
using OrleansBlip.Golden;

namespace OrleansBlip.Data.Tests.Images;

[Trait("Category", "Parity")]
public class Golden_K_Preprocess
{
    private static readonly Lazy<SafetensorsFile> TestTransform = new(() => new(GoldenFolder.Case("k-preprocess/test_transform.safetensors")));
    private static readonly Lazy<JsonElement> Manifest = new(() => JsonDocument.Parse(File.ReadAllText(GoldenFolder.Case("k-preprocess/manifest.json"))).RootElement);

    [GoldenFact("k-preprocess")]
    public void Decode_EveryMode_GivesTheReferencesPixels()
    {
        foreach (var name in Manifest.Value.GetProperty("images").EnumerateObject().Select(image => image.Name))
        {
            var image = Picture($"{name}.png");
            Assert.Equal(TestTransform.Value.Shape($"{name}.rgb_u8"), new[] { image.Height, image.Width, 3 });
            AssertWithin(0, TestTransform.Value.Bytes($"{name}.rgb_u8"), image.Pixels, name);
        }
    }

    [GoldenFact("k-preprocess")]
    public void Resize_EverySize_GivesTheReferencesPixels()
    {
        foreach (var name in TestTransform.Value.Names.Where(name => name.Contains(".resized", StringComparison.Ordinal)))
        {
            var size = TestTransform.Value.Shape(name)[0];
            AssertWithin(0, TestTransform.Value.Bytes(name), BicubicResize.Resize(Picture($"{name.Split('.')[0]}.png"), size, size).Pixels, name);
        }
    }

    [GoldenFact("k-preprocess")]
    public void Normalize_EveryPicture_GivesTheReferencesFloats()
    {
        foreach (var name in TestTransform.Value.Names.Where(name => name.Contains(".test", StringComparison.Ordinal)))
        {
            var size = TestTransform.Value.Shape(name)[1];
            AssertNormalized(TestTransform.Value.Floats(name), BicubicResize.Resize(Picture($"{name.Split('.')[0]}.png"), size, size), name);
        }
        AssertNormalized(new SafetensorsFile(GoldenFolder.Case("k-preprocess/train_tail.safetensors")).Floats("from_aug_in"), AugmentationInput(), "from_aug_in");
    }

    [GoldenFact("k-preprocess")]
    public void ResizeBox_EveryCrop_GivesTheReferencesPixels()
    {
        var expected = new SafetensorsFile(GoldenFolder.Case("k-preprocess/resized_crop.safetensors"));
        foreach (var crop in Manifest.Value.GetProperty("resized_crop").EnumerateArray())
        {
            var (name, size) = (crop.GetProperty("name").GetString()!, crop.GetProperty("size").GetInt32());
            var box = new PixelBox(Int(crop, "left"), Int(crop, "top"), Int(crop, "width"), Int(crop, "height"));
            var resized = BicubicResize.Resize(Picture($"{crop.GetProperty("image").GetString()}.png"), box, size, size);
            AssertWithin(0, expected.Bytes(name), resized.Pixels, name);
            var flipped = name.Replace("_u8", "_hflip_u8", StringComparison.Ordinal);
            if (expected.Names.Contains(flipped))
                AssertWithin(0, expected.Bytes(flipped), Augmentation.Flip(resized).Pixels, flipped);
        }
    }

    [GoldenFact("k-preprocess")]
    public void DrawCrop_WithTheReferencesDraws_GivesItsBoxes()
    {
        foreach (var row in Manifest.Value.GetProperty("random_resized_crop_params").EnumerateArray())
        {
            var image = Manifest.Value.GetProperty("images").GetProperty(row.GetProperty("image").GetString()!);
            var draws = new TorchDraws(row.GetProperty("torch_seed").GetUInt32());
            Assert.Equal(1, row.GetProperty("scale")[1].GetDouble());
            var box = Augmentation.DrawCrop(Int(image, "width"), Int(image, "height"), row.GetProperty("scale")[0].GetDouble(), draws.Uniform, draws.Below);
            Assert.Equal(row.GetProperty("top_left_height_width").EnumerateArray().Select(side => side.GetInt32()), [box.Top, box.Left, box.Height, box.Width]);
            Assert.Equal(row.GetProperty("next_torch_rand_lt_0.5_flip").GetBoolean(), draws.Uniform(0, 1) < 0.5);
        }
    }

    [GoldenFact("k-preprocess")]
    public void RandAugment_EveryOperation_GivesTheReferencesPixels()
    {
        var used = Manifest.Value.GetProperty("augs_used_by_blip").EnumerateArray().Select(name => name.GetString()!).ToArray();
        Assert.Equal(used, Enum.GetNames<RandAugmentOperation>());
        var rows = Manifest.Value.GetProperty("randaugment").EnumerateArray().Where(row => used.Contains(row.GetProperty("op").GetString())).ToArray();
        // A picture that the list leaves out would not be compared.
        Assert.Equal(
            Directory.GetFiles(GoldenFolder.Case("k-preprocess/randaugment")).Select(file => Path.GetFileName(file)).Where(file => used.Contains(file.Split('_')[0])).Order(StringComparer.Ordinal),
            rows.Select(row => Path.GetFileName(row.GetProperty("output").GetString()!)).Order(StringComparer.Ordinal));
        foreach (var row in rows)
        {
            var operation = Enum.Parse<RandAugmentOperation>(row.GetProperty("op").GetString()!);
            var (output, level) = (row.GetProperty("output").GetString()!, Int(row, "level"));
            level = output.EndsWith("_neg.png", StringComparison.Ordinal) ? -level : level;
            var found = RandAugment.Apply(Picture(row.GetProperty("input").GetString()!), operation, level, overflows: true);
            AssertWithin(0, Picture(output).Pixels, found.Pixels, output);
        }
    }

    [GoldenFact("k-preprocess")]
    public void RandAugment_SequencesOfOperations_GiveTheReferencesPixels()
    {
        var level = new AugmentationSpec().RandAugmentLevel;
        foreach (var call in Manifest.Value.GetProperty("random_augment_calls").EnumerateArray())
        {
            var image = AugmentationInput();
            foreach (var step in call.GetProperty("applied").EnumerateArray())
            {
                var isNegative = step[1].GetArrayLength() > 0 && step[1][0].GetDouble() < 0;
                image = RandAugment.Apply(image, Enum.Parse<RandAugmentOperation>(step[0].GetString()!), isNegative ? -level : level, overflows: true);
            }
            var output = call.GetProperty("output").GetString()!;
            AssertWithin(0, Picture(output).Pixels, image.Pixels, output);
        }
    }

    /// <summary>What the reference augmented: the picture that its identity was given.</summary>
    private static RgbImage AugmentationInput() =>
        Picture(Manifest.Value.GetProperty("randaugment").EnumerateArray().First(row => row.GetProperty("op").GetString() == nameof(RandAugmentOperation.Identity)).GetProperty("input").GetString()!);

    private static RgbImage Picture(string file) => ImageDecoder.Decode(File.ReadAllBytes(GoldenFolder.Case($"k-preprocess/{file}")), file);

    private static int Int(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    private static void AssertNormalized(ReadOnlySpan<float> expected, RgbImage image, string name)
    {
        var found = new float[image.Pixels.Length];
        PixelNormalization.Clip.Write(image, found);
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-6, $"{name}[{i}]: {found[i]}, reference {expected[i]}");
    }

    private static void AssertWithin(int levels, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> found, string name)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) <= levels, $"{name}[{i}]: {found[i]}, reference {expected[i]}");
    }
}
