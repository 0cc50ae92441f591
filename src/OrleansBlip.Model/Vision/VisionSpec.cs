namespace OrleansBlip.Model.Vision;

/// <summary>Sizes of the image encoder (BLIP §3.1; reference/blip.md §1). Defaults are ViT-B/16 at 224 pixels.</summary>
public sealed record VisionSpec
{
    /// <summary>Side of the square input, pixels; a multiple of <see cref="PatchSize"/>.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Side of a patch, pixels.</summary>
    public int PatchSize { get; init; } = 16;

    /// <summary>Channels of a token; a multiple of <see cref="Heads"/>.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Blocks.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the feed-forward layer over <see cref="Width"/>.</summary>
    public int MlpRatio { get; init; } = 4;

    /// <summary>Drop-path rate of the last block, 0–1; the first has 0, those between rise linearly.</summary>
    public double DropPathRate { get; init; }

    /// <summary>
    /// Last blocks whose activations are computed again in the backward pass instead of being kept, 0 to <see cref="Depth"/>: less memory, more time, the same
    /// bits (the reference's ckpt_layer).
    /// </summary>
    public int CheckpointedBlocks { get; init; }

    /// <summary>Epsilon of layer normalisation: 1e-6 in BLIP, 1e-5 in the published Hugging Face configurations.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary>Standard deviation of initial weights. 0.02 is made for width 768; a small model wants about 1/√width.</summary>
    public double InitialStandardDeviation { get; init; } = 0.02;

    /// <summary>Standard deviation of initial position embeddings; null: that of the weights. A small model learns places sooner when they begin larger.</summary>
    public double? PositionStandardDeviation { get; init; }

    /// <summary>Patches of an image.</summary>
    public int PatchCount => ImageSize / PatchSize * (ImageSize / PatchSize);

    /// <summary>Checks ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive or does not divide; the message names it.</exception>
    public void Validate()
    {
        if (PatchSize < 1 || ImageSize < PatchSize || ImageSize % PatchSize != 0) throw new ArgumentOutOfRangeException(nameof(ImageSize), ImageSize, $"vision.imageSize must be a positive multiple of vision.patchSize ({PatchSize}).");
        if (Heads < 1 || Width < Heads || Width % Heads != 0) throw new ArgumentOutOfRangeException(nameof(Width), Width, $"vision.width must be a positive multiple of vision.heads ({Heads}).");
        if (Depth < 1) throw new ArgumentOutOfRangeException(nameof(Depth), Depth, "vision.depth must be at least 1.");
        if (MlpRatio < 1) throw new ArgumentOutOfRangeException(nameof(MlpRatio), MlpRatio, "vision.mlpRatio must be at least 1.");
        if (CheckpointedBlocks < 0 || CheckpointedBlocks > Depth) throw new ArgumentOutOfRangeException(nameof(CheckpointedBlocks), CheckpointedBlocks, $"vision.checkpointedBlocks must be 0 to vision.depth ({Depth}).");
        if (DropPathRate is < 0 or >= 1) throw new ArgumentOutOfRangeException(nameof(DropPathRate), DropPathRate, "vision.dropPathRate must be in [0, 1).");
    }
}
