using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>
/// BLIP's text transformer: BERT's embeddings and post-norm layers, with cross-attention to an image between self-attention and feed-forward. Without a
/// memory it is the unimodal text encoder, with one the image-grounded encoder, causal the image-grounded decoder (BLIP §3.1; reference models/med.py).
/// Legend: B batch, T tokens, D width, N image tokens.
/// </summary>
internal sealed class TextTransformer
{
    // The reference's additive masks: finite, so that a row that may see nothing attends everywhere instead of giving NaN.
    private const double SelfMask = -10000, CrossMask = -1e9;

    private readonly TextSpec _spec;
    private readonly LayerNorm _norm;
    private readonly ModelParameter _positions;
    private readonly TextLayer[] _layers;
    private readonly bool _seesTwoImages;

    // imageWidth: channels of the tokens to attend; null: no cross-attention.
    public TextTransformer(TextSpec spec, int? imageWidth, ParameterScope scope, bool seesTwoImages = false)
    {
        spec.Validate();
        _spec = spec;
        _seesTwoImages = seesTwoImages;
        var embeddings = scope.Child("embeddings");
        var normal = new Initializer.Normal(spec.InitialStandardDeviation);
        WordEmbeddings = embeddings.Child("word_embeddings").Declare("weight", [spec.VocabularySize, spec.Width], normal);
        _positions = embeddings.Child("position_embeddings").Declare("weight", [spec.PositionsMax, spec.Width], normal);
        _norm = new LayerNorm(embeddings.Child("LayerNorm"), spec.Width, spec.LayerNormEpsilon);
        var layers = scope.Child("encoder").Child("layer");
        _layers = [.. Enumerable.Range(0, spec.Depth).Select(i => new TextLayer(spec, i, imageWidth, seesTwoImages, layers.Child(i.ToString())))];
    }

    /// <summary>(V, D).</summary>
    public ModelParameter WordEmbeddings { get; }

    /// <summary>Sizes.</summary>
    public TextSpec Spec => _spec;

    /// <summary>The parameter that tells whether two transformers share cross-attention; null without cross-attention.</summary>
    public ModelParameter? CrossAttentionKey => _layers[0].CrossAttentionKey;

    /// <summary>
    /// Projects image tokens (B, N, Di) for every layer's cross-attention; <paramref name="mask"/> (B, N) is 1 for tokens that count. One that sees two images
    /// takes (2·B, N, Di), all first images before all second ones, without a mask.
    /// </summary>
    public ImageMemory Remember(torch.Tensor imageTokens, torch.Tensor? mask = null)
    {
        if (!_seesTwoImages) return new(Remember(imageTokens, isSecond: false), mask is null ? null : Hidden(mask.to(imageTokens.dtype), CrossMask).unsqueeze(1).unsqueeze(1));
        if (mask is not null || imageTokens.shape[0] % 2 != 0)
            throw new ArgumentException($"A text transformer of two images takes an even number of them, all tokens visible; it is given {imageTokens.shape[0]}{(mask is null ? "" : " and a mask")}.", nameof(imageTokens));
        var pairs = imageTokens.shape[0] / 2;
        return new(Remember(imageTokens.narrow(0, 0, pairs), isSecond: false), mask: null) { Second = new(Remember(imageTokens.narrow(0, pairs, pairs), isSecond: true), mask: null) };
    }

    private (torch.Tensor, torch.Tensor)[] Remember(torch.Tensor imageTokens, bool isSecond) => [.. _layers.Select(layer => layer.Remember(imageTokens, isSecond))];

    /// <summary>Token ids (B, T) → states (B, T, D).</summary>
    /// <param name="ids">Token ids, int64.</param>
    /// <param name="mask">(B, T), 1 for tokens and 0 for padding; null: no padding.</param>
    /// <param name="memory">The image of each row; null: cross-attention is left out.</param>
    /// <param name="causal">Whether a token sees only itself and those before it.</param>
    /// <param name="pass">Dropout and observers.</param>
    /// <exception cref="ArgumentException">A text is longer than the position embeddings.</exception>
    public torch.Tensor Forward(torch.Tensor ids, torch.Tensor? mask, ImageMemory? memory, bool causal, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var x = Embed(ids, first: 0, pass);
        var selfMask = SelfAttentionMask(ids, mask, causal, x.dtype);
        for (var i = 0; i < _layers.Length; i++) x = _layers[i].Forward(x, selfMask, memory, pass);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// As <see cref="Forward"/>, not causal, but the first token's state alone: ids (B, T) → (B, D). The last layer is computed for that token only, unless
    /// somebody watches.
    /// </summary>
    public torch.Tensor ForwardFirst(torch.Tensor ids, torch.Tensor? mask, ImageMemory? memory, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        if (pass.Observe is not null) return Forward(ids, mask, memory, causal: false, pass).select(1, 0).MoveToOuterDisposeScope();
        var x = Embed(ids, first: 0, pass);
        var selfMask = SelfAttentionMask(ids, mask, causal: false, x.dtype);
        for (var i = 0; i < _layers.Length - 1; i++) x = _layers[i].Forward(x, selfMask, memory, pass);
        return _layers[^1].ForwardFirst(x, selfMask, memory, pass).select(1, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Continues decoding: ids (R, n) after the cache's tokens → states (R, n, D); the cache grows by n.</summary>
    public torch.Tensor Continue(torch.Tensor ids, TextCache cache, ImageMemory? memory, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var x = Embed(ids, first: cache.Length, pass);
        var selfMask = ids.shape[1] == 1 ? null : CausalMask(ids.shape[1], cache.Length, x.dtype, x.device);
        for (var i = 0; i < _layers.Length; i++) x = _layers[i].Continue(x, selfMask, cache, memory, pass);
        return x.MoveToOuterDisposeScope();
    }

    private torch.Tensor Embed(torch.Tensor ids, long first, Pass pass)
    {
        long batch = ids.shape[0], length = ids.shape[1];
        if (first + length > _spec.PositionsMax) throw new ArgumentException($"A text of {first + length} tokens is longer than text.positionsMax ({_spec.PositionsMax}).", nameof(ids));
        using var scope = torch.NewDisposeScope();
        var words = WordEmbeddings.Tensor.Rows(ids.reshape(-1)).view(batch, length, _spec.Width);
        if (_spec.FrozenPaddingId >= 0) words = torch.where(ids.EqualTo(_spec.FrozenPaddingId).unsqueeze(-1), words.detach(), words);
        var x = _norm.Forward(words.Plus(_positions.Tensor.narrow(0, first, length))); // (B, T, D)
        pass.Observe?.Invoke("embeddings", x);
        return pass.Dropout(x, _spec.Dropout, "embeddings").MoveToOuterDisposeScope();
    }

    private static torch.Tensor? SelfAttentionMask(torch.Tensor ids, torch.Tensor? mask, bool causal, torch.ScalarType dtype)
    {
        if (!causal) return mask is null ? null : Hidden(mask.to(dtype), SelfMask).unsqueeze(1).unsqueeze(1); // (B, 1, 1, T)
        var length = ids.shape[1];
        if (mask is null) return CausalMask(length, 0, dtype, ids.device);
        var visible = torch.ones(length, length, dtype, ids.device).tril_().unsqueeze(0) * mask.to(dtype).unsqueeze(1); // (B, T, T)
        return Hidden(visible, SelfMask).unsqueeze(1); // (B, 1, T, T)
    }

    private static torch.Tensor CausalMask(long length, long before, torch.ScalarType dtype, torch.Device device) =>
        Hidden(torch.ones(length, before + length, dtype, device).tril_(before), SelfMask).unsqueeze(0).unsqueeze(0); // (1, 1, n, T)

    // 0 where visible is 1, the mask's value where it is 0.
    private static torch.Tensor Hidden(torch.Tensor visible, double value) => visible.Times(-value).Plus(value);
}
