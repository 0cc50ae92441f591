namespace OrleansBlip.Data.Images;

/// <summary>How pictures are varied in training.</summary>
public sealed record AugmentationSpec
{
    /// <summary>The way of varying.</summary>
    public AugmentationKind Kind { get; init; }

    /// <summary>The smallest part of the picture's area that a crop keeps, in (0, 1]; BLIP: 0.2 in pre-training, 0.5 in finetuning.</summary>
    public double CropAreaMin { get; init; } = 0.2;

    /// <summary>RandAugment's operations for each picture, each applied with probability ½; 0 or more.</summary>
    public int RandAugmentOperations { get; init; } = 2;

    /// <summary>RandAugment's strength, 0 to 10.</summary>
    public int RandAugmentLevel { get; init; } = 5;

    /// <summary>
    /// True to compute RandAugment's contrast and sharpness as the reference does, whose 8-bit arithmetic overflows: contrast turns channels without black
    /// white. False to compute what is meant.
    /// </summary>
    public bool RandAugmentOverflows { get; init; }

    /// <summary>The furthest shift in each direction, in pixels of the square; 0 or more.</summary>
    public int ShiftPixelsMax { get; init; } = 2;

    /// <summary>The greatest change of brightness as a share, in [0, 1).</summary>
    public double BrightnessChangeMax { get; init; } = 0.2;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="DatasetException">A value lies outside its range.</exception>
    public void Validate()
    {
        Require(Enum.IsDefined(Kind), nameof(Kind), Kind, string.Join(", ", Enum.GetNames<AugmentationKind>()));
        Require(CropAreaMin is > 0 and <= 1, nameof(CropAreaMin), CropAreaMin, "(0, 1]");
        Require(RandAugmentOperations is >= 0 and <= 16, nameof(RandAugmentOperations), RandAugmentOperations, "0 to 16");
        Require(RandAugmentLevel is >= 0 and <= 10, nameof(RandAugmentLevel), RandAugmentLevel, "0 to 10");
        Require(ShiftPixelsMax is >= 0 and <= 64, nameof(ShiftPixelsMax), ShiftPixelsMax, "0 to 64");
        Require(BrightnessChangeMax is >= 0 and < 1, nameof(BrightnessChangeMax), BrightnessChangeMax, "[0, 1)");
    }

    private static void Require(bool isInRange, string name, object value, string range)
    {
        if (!isInRange)
            throw new DatasetException($"augmentation: {name} is {value}, and must be {range}.");
    }
}
