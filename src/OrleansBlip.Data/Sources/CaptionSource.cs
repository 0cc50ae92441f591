namespace OrleansBlip.Data.Sources;

/// <summary>Where a caption comes from.</summary>
public enum CaptionSource
{
    /// <summary>Found with the picture.</summary>
    Web,

    /// <summary>Written by a person who saw the picture.</summary>
    Human,

    /// <summary>Made by a captioner.</summary>
    Synthetic,
}
