using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Says how well texts and images fit: ITC similarity of features and ITM logits of pairs, from any model with both encoders, both projections and
/// the matching head. Legend: I images, R texts, P pairs, T tokens, N image tokens, D width, d feature width.
/// </summary>
public sealed class Matcher
{
    private readonly BlipModel _model;
    private readonly BuiltTextEncoder _encoder;
    private readonly BuiltHead _head;

    /// <param name="model">A pre-training or filter model; used on the calling thread.</param>
    /// <exception cref="CompositionException">A part is missing.</exception>
    public Matcher(BlipModel model)
    {
        _model = model;
        _encoder = model.Part<BuiltTextEncoder>("text_encoder");
        _head = model.Part<BuiltHead>("itm_head");
    }

    internal torch.Device Device => _model.Device;

    /// <summary>Encodes images (I, 3, S, S): their tokens (I, N, D) and normalised features (I, d).</summary>
    public (torch.Tensor Tokens, torch.Tensor Features) Images(torch.Tensor images)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var none = torch.zeros(0, 0, torch.ScalarType.Int64);
        var graph = _model.Run(new StepBatch(images, none, none, none, SpecialTokens.Bert));
        return (graph.Value("visual_encoder").MoveToOuterDisposeScope(), graph.Value("vision_proj").MoveToOuterDisposeScope());
    }

    /// <summary>Normalised features of texts (R, T) → (R, d).</summary>
    public torch.Tensor Texts(torch.Tensor tokens, torch.Tensor mask, SpecialTokens special)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var graph = _model.Run(new StepBatch(torch.zeros(0), tokens, mask, mask, special));
        return graph.Value("text_proj").MoveToOuterDisposeScope();
    }

    /// <summary>Encodes images (I, 3, S, S) to be matched with many texts.</summary>
    public ImageGallery Gallery(torch.Tensor images)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var (tokens, features) = Images(images);
        return new ImageGallery(_encoder.Transformer.Remember(tokens), features);
    }

    /// <summary>ITM logits (P, 2) of pairs: text row p of <paramref name="tokens"/> (P, T) with image row p of <paramref name="imageTokens"/> (P, N, D); class 1 is a match.</summary>
    /// <param name="first">The token at position 0: [ENC] as trained; the reference's stand-alone filter leaves [CLS].</param>
    public torch.Tensor Match(torch.Tensor imageTokens, torch.Tensor tokens, torch.Tensor mask, int first) =>
        Match(imageTokens, rows: null, tokens, mask, first);

    /// <summary>As above, but text p looks at image row <paramref name="rows"/>[p], so that an image of many texts is projected once.</summary>
    public torch.Tensor Match(torch.Tensor imageTokens, torch.Tensor? rows, torch.Tensor tokens, torch.Tensor mask, int first)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var memory = _encoder.Transformer.Remember(imageTokens);
        return Logits(rows is null ? memory : memory.Select(rows.On(Device)), tokens, mask, first).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// ITM logits (P, 2) of texts with images of a gallery: with g = P / <paramref name="rows"/>.Length, texts r·g to r·g + g − 1 look at image rows[r].
    /// </summary>
    public torch.Tensor Match(ImageGallery gallery, torch.Tensor rows, torch.Tensor tokens, torch.Tensor mask, int first)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        return Logits(gallery.Memory.Select(rows.On(Device)), tokens, mask, first).MoveToOuterDisposeScope();
    }

    private torch.Tensor Logits(ImageMemory memory, torch.Tensor tokens, torch.Tensor mask, int first) =>
        _head.Logits(_encoder.Transformer.ForwardFirst(StepBatch.Frame(tokens.On(Device), first), mask.On(Device), memory, Pass.Evaluation));
}
