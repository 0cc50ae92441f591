namespace OrleansBlip.Model.Metrics;

/// <summary>A caption metric over a set of images.</summary>
/// <param name="Corpus">The score of the whole set.</param>
/// <param name="PerImage">The score of each image, in the order given.</param>
public sealed record CaptionScore(double Corpus, IReadOnlyList<double> PerImage);
