namespace OrleansBlip.Cli.Report;

/// <summary>A text and the filter's verdict on it.</summary>
/// <param name="Source">Where it is from: <c>web</c> or <c>synthetic</c>.</param>
/// <param name="Text">The text itself.</param>
/// <param name="IsKept">Whether the filter kept it.</param>
/// <param name="Score">The filter's probability of a match, 0 to 1.</param>
/// <param name="IsTrue">Whether it is true of the picture; null where nobody knows.</param>
internal sealed record GalleryText(string Source, string Text, bool IsKept, double Score, bool? IsTrue = null);
