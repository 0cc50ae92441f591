namespace OrleansBlip.Data.Images;

/// <summary>The operations among which BLIP's RandAugment draws.</summary>
internal enum RandAugmentOperation
{
    Identity,
    AutoContrast,
    Brightness,
    Sharpness,
    Equalize,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
}
