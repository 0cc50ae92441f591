using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Tests.Compositions;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Weights;

/// <summary>The published sizes (BLIP §3.1; reference models/vit.py), by names and shapes alone.</summary>
public sealed class ParameterLayoutTests
{
    private static readonly VisionSpec Large = new() { Width = 1024, Depth = 24, Heads = 16 };

    [Fact]
    public void Layout_OfViTB_Has86MillionParameters() => Assert.Equal(85_798_656, Layout(new VisionSpec()).ElementCount);

    [Fact]
    public void Layout_OfViTL_Has304MillionParameters()
    {
        var layout = Layout(Large);
        // Patches, class token, positions of 196 patches and of it; each block's two norms, attention and feed-forward; the last norm.
        long d = 1024, patches = 3 * 16 * 16 * d + d, block = 2 * 2 * d + (3 * d * d + 3 * d) + (d * d + d) + (4 * d * d + 4 * d) + (4 * d * d + d);
        Assert.Equal(patches + d + 197 * d + 24 * block + 2 * d, layout.ElementCount);
        Assert.Equal(303_301_632, layout.ElementCount);
        Assert.Equal(4 + 24 * 12 + 2, layout.Entries.Length);
        Assert.Equal("3072,1024", Shape(layout, "visual_encoder.blocks.23.attn.qkv.weight"));
        Assert.Equal("4096,1024", Shape(layout, "visual_encoder.blocks.23.mlp.fc1.weight"));
        Assert.DoesNotContain(layout.Entries, entry => entry.Name.StartsWith("visual_encoder.blocks.24.", StringComparison.Ordinal));
    }

    [Theory, InlineData(224, 197), InlineData(384, 577), InlineData(480, 901)]
    public void Layout_OfEachPictureSize_HasAPositionForEachToken(int imageSize, int tokens) =>
        Assert.Equal($"1,{tokens},1024", Shape(Layout(Large with { ImageSize = imageSize }), "visual_encoder.pos_embed"));

    [Fact]
    public void Layout_OfBlipWithViTL_LooksAtItByKeysOfItsWidth()
    {
        var layout = BlipModel.LayoutOf(Families.Pretraining(new ModelSpec { Vision = Large }));
        Assert.Equal("768,1024", Shape(layout, "text_encoder.encoder.layer.11.crossattention.self.key.weight"));
        Assert.Equal("768,768", Shape(layout, "text_encoder.encoder.layer.11.crossattention.self.query.weight"));
        Assert.Equal("256,1024", Shape(layout, "vision_proj.weight"));
    }

    private static ParameterLayout Layout(VisionSpec vision) => BlipModel.LayoutOf(CompositionTests.Of([new VisionEncoder("visual_encoder", vision)]));

    private static string Shape(ParameterLayout layout, string name) => string.Join(',', layout.Entries.Single(entry => entry.Name == name).Shape);
}
