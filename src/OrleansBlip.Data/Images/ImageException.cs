namespace OrleansBlip.Data.Images;

/// <summary>A picture that is refused: where it comes from, and why.</summary>
public sealed class ImageException : DatasetException
{
    internal ImageException(string name, ImageDefect defect, string reason) : base($"picture '{name}': {reason}")
    {
        Name = name;
        Defect = defect;
    }

    /// <summary>The picture's key or file.</summary>
    public string Name { get; }

    /// <summary>The kind of defect.</summary>
    public ImageDefect Defect { get; }
}
