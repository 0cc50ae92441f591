namespace OrleansBlip.Data.Images;

/// <summary>Why a picture is refused.</summary>
public enum ImageDefect
{
    /// <summary>No JPEG, PNG or WebP header.</summary>
    UnknownFormat,

    /// <summary>The header states more pixels or longer sides than <see cref="ImageDecoder"/> decodes.</summary>
    TooLarge,

    /// <summary>The data is incomplete or invalid.</summary>
    Undecodable,
}
