using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Vision;

/// <summary>
/// The image encoder: a pre-norm ViT whose output is the layer norm of all tokens, class token first (BLIP §3.1; reference models/vit.py).
/// Legend: B batch, S image side, N tokens = 1 + (S/patch)², D width.
/// </summary>
internal sealed class VisionTransformer
{
    private readonly VisionSpec _spec;
    private readonly ModelParameter _classToken;
    private readonly ModelParameter _positions;
    private readonly ModelParameter _patchWeight;
    private readonly ModelParameter _patchBias;
    private readonly VisionBlock[] _blocks;
    private readonly LayerNorm _norm;

    public VisionTransformer(VisionSpec spec, ParameterScope scope)
    {
        spec.Validate();
        _spec = spec;
        var normal = new Initializer.TruncatedNormal(spec.InitialStandardDeviation);
        _classToken = scope.Declare("cls_token", [1, 1, spec.Width], normal);
        var positions = new Initializer.TruncatedNormal(spec.PositionStandardDeviation ?? spec.InitialStandardDeviation);
        _positions = scope.Declare("pos_embed", [1, spec.PatchCount + 1, spec.Width], positions);
        var fanIn = 3L * spec.PatchSize * spec.PatchSize;
        var projection = scope.Child("patch_embed").Child("proj");
        _patchWeight = projection.Declare("weight", [spec.Width, 3, spec.PatchSize, spec.PatchSize], new Initializer.FanIn(fanIn));
        _patchBias = projection.Declare("bias", [spec.Width], new Initializer.FanIn(fanIn));
        _blocks = [.. Enumerable.Range(0, spec.Depth).Select(i => new VisionBlock(spec, i, scope.Child("blocks").Child(i.ToString())))];
        _norm = new LayerNorm(scope.Child("norm"), spec.Width, spec.LayerNormEpsilon);
    }

    /// <summary>(B, 3, S, S) → (B, N, D).</summary>
    /// <exception cref="ArgumentException">The image's size is not the encoder's.</exception>
    public torch.Tensor Forward(torch.Tensor image, Pass pass)
    {
        if (image.dim() != 4 || image.shape[1] != 3 || image.shape[2] != _spec.ImageSize || image.shape[3] != _spec.ImageSize)
            throw new ArgumentException($"Images have shape [{string.Join(", ", image.shape)}], the encoder takes [B, 3, {_spec.ImageSize}, {_spec.ImageSize}].", nameof(image));
        using var scope = torch.NewDisposeScope();
        var patches = Patches(image); // (B, N - 1, D)
        pass.Observe?.Invoke("patch_embed", patches);
        var x = torch.cat([_classToken.Tensor.expand(image.shape[0], 1, _spec.Width), patches], 1).PlusInPlace(_positions.Tensor); // (B, N, D)
        pass.Observe?.Invoke("embeddings", x);
        if (pass.AfterBackward is null || !torch.is_grad_enabled())
        {
            foreach (var block in _blocks) x = block.Forward(x, pass);
        }
        else
        {
            x = Cut(x, [_classToken, _positions, _patchWeight, _patchBias], pass.AfterBackward);
            for (var i = 0; i < _blocks.Length; i++)
                x = i < _blocks.Length - _spec.CheckpointedBlocks ? Cut(_blocks[i].Forward(x, pass), _blocks[i].Parameters, pass.AfterBackward) : Recompute(_blocks[i], x, pass);
        }
        return _norm.Forward(x).MoveToOuterDisposeScope();
    }

    // What comes after begins with a leaf, whose gradient the piece before it takes over. It changes no bit: nothing else reads what was cut.
    private static torch.Tensor Cut(torch.Tensor end, IReadOnlyCollection<ModelParameter> parameters, Action<BackwardPiece> afterBackward)
    {
        end.MoveToOuterDisposeScope();
        var beginning = end.detach().requires_grad_().MoveToOuterDisposeScope();
        afterBackward(new BackwardPiece(
            () =>
            {
                // None where no objective looks at the image.
                if (beginning.grad is { } gradient) end.backward([gradient]);
            },
            parameters));
        return beginning;
    }

    // Keeps the block's input alone. Its backward pass runs the block again to go through it.
    private static torch.Tensor Recompute(VisionBlock block, torch.Tensor input, Pass pass)
    {
        torch.Tensor end;
        using (torch.no_grad()) end = block.Forward(input, pass).MoveToOuterDisposeScope();
        var beginning = end.requires_grad_();
        pass.AfterBackward!(new BackwardPiece(
            () =>
            {
                using var scope = torch.NewDisposeScope();
                if (beginning.grad is { } gradient) block.Forward(input, pass with { Observe = null }).backward([gradient]);
            },
            block.Parameters));
        return beginning;
    }

    // The stride of the patch convolution is its kernel's size, so it is one matrix product over rearranged pixels.
    private torch.Tensor Patches(torch.Tensor image)
    {
        long side = _spec.ImageSize / _spec.PatchSize, p = _spec.PatchSize;
        var pixels = image.view(image.shape[0], 3, side, p, side, p).permute(0, 2, 4, 1, 3, 5).reshape(image.shape[0], side * side, 3 * p * p); // (B, N - 1, 3p²)
        return torch.nn.functional.linear(pixels, _patchWeight.Tensor.view(_spec.Width, 3 * p * p), _patchBias.Tensor);
    }
}
