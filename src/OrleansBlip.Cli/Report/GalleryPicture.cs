using System.Collections.Immutable;

namespace OrleansBlip.Cli.Report;

/// <summary>A picture and the texts that the filter judged, as in the paper's Figure 4.</summary>
/// <param name="Image">The encoded picture.</param>
/// <param name="MediaType">Its kind, e.g. <c>image/jpeg</c>.</param>
/// <param name="Texts">Its texts: the web's first, then the captioner's.</param>
internal sealed record GalleryPicture(ReadOnlyMemory<byte> Image, string MediaType, ImmutableArray<GalleryText> Texts);
