namespace OrleansBlip.Data.Videos;

/// <summary>A video that is refused: where it is, and why.</summary>
public sealed class VideoException : DatasetException
{
    internal VideoException(string path, string reason) : base($"video '{path}': {reason}")
    {
    }
}
