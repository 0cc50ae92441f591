namespace OrleansBlip.Data.Images;

/// <summary>A part of a picture, in pixels.</summary>
public readonly record struct PixelBox(int Left, int Top, int Width, int Height);
