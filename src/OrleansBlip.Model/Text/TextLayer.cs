using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>Self-attention, cross-attention where there is a memory, feed-forward: each LayerNorm(dense(·) + residual).</summary>
internal sealed class TextLayer
{
    private readonly int _index;
    private readonly string _site;
    private readonly TextSpec _spec;
    private readonly AttentionBlock _self;
    private readonly AttentionBlock? _cross;
    private readonly PairAttentionBlock? _pair;
    private readonly Linear _intermediate;
    private readonly Linear _output;
    private readonly LayerNorm _outputNorm;

    public TextLayer(TextSpec spec, int index, int? imageWidth, bool seesTwoImages, ParameterScope scope)
    {
        _index = index;
        _site = $"layer{index}";
        _spec = spec;
        var normal = new Initializer.Normal(spec.InitialStandardDeviation);
        _self = new AttentionBlock(spec, spec.Width, _site + ".attention", scope.Child("attention"));
        if (imageWidth is { } width && seesTwoImages) _pair = new PairAttentionBlock(spec, index, width, _site + ".crossattention", scope.Child("crossattention"));
        else if (imageWidth is { } only) _cross = new AttentionBlock(spec, only, _site + ".crossattention", scope.Child("crossattention"));
        _intermediate = new Linear(scope.Child("intermediate").Child("dense"), spec.Width, spec.FeedForwardWidth, normal);
        _output = new Linear(scope.Child("output").Child("dense"), spec.FeedForwardWidth, spec.Width, normal);
        _outputNorm = new LayerNorm(scope.Child("output").Child("LayerNorm"), spec.Width, spec.LayerNormEpsilon);
    }

    public ModelParameter? CrossAttentionKey => (_cross?.Key ?? _pair?.Key)?.Weight;

    public (torch.Tensor Keys, torch.Tensor Values) Remember(torch.Tensor imageTokens, bool isSecond) =>
        _cross?.KeysAndValues(imageTokens) ?? _pair?.KeysAndValues(imageTokens, isSecond)
        ?? throw new InvalidOperationException($"Text layer {_index} has no cross-attention to remember an image with.");

    public torch.Tensor Forward(torch.Tensor x, torch.Tensor? selfMask, ImageMemory? memory, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var (keys, values) = _self.KeysAndValues(x);
        return Rest(_self.Attend(x, keys, values, selfMask, pass), memory, pass).MoveToOuterDisposeScope();
    }

    // The first token attends all, the others are left out: what a last layer is asked for whose classifier reads [CLS] or [ENC] alone.
    public torch.Tensor ForwardFirst(torch.Tensor x, torch.Tensor? selfMask, ImageMemory? memory, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var (keys, values) = _self.KeysAndValues(x);
        return Rest(_self.Attend(x.narrow(1, 0, 1), keys, values, selfMask, pass), memory, pass).MoveToOuterDisposeScope();
    }

    public torch.Tensor Continue(torch.Tensor x, torch.Tensor? selfMask, TextCache cache, ImageMemory? memory, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var (newKeys, newValues) = _self.KeysAndValues(x);
        var (keys, values) = cache.Append(_index, newKeys, newValues);
        return Rest(_self.Attend(x, keys, values, selfMask, pass), memory, pass).MoveToOuterDisposeScope();
    }

    private torch.Tensor Rest(torch.Tensor x, ImageMemory? memory, Pass pass)
    {
        if (memory is not null && _cross is not null)
        {
            var (keys, values) = memory[_index];
            x = _cross.Attend(x, keys, values, memory.Mask, pass);
        }
        else if (memory is not null && _pair is not null) x = _pair.Attend(x, memory[_index], memory.Second![_index], pass);
        var hidden = pass.Dropout(_output.Forward(torch.nn.functional.gelu(_intermediate.Forward(x))), _spec.Dropout, _site + ".output");
        x = _outputNorm.Forward(hidden.Plus(x));
        pass.Observe?.Invoke(_site + ".out", x);
        return x;
    }
}
