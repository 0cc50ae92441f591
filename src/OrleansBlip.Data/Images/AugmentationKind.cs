namespace OrleansBlip.Data.Images;

/// <summary>The ways of varying pictures.</summary>
public enum AugmentationKind
{
    /// <summary>None: resized, as in evaluation.</summary>
    None,

    /// <summary>BLIP's: a random crop, a random flip, RandAugment.</summary>
    CropFlipRandAugment,

    /// <summary>A shift by few pixels and a change of brightness: for captions that a crop or a flip would make false ("left of", "small").</summary>
    ShiftAndBrightness,
}
