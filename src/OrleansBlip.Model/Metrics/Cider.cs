namespace OrleansBlip.Model.Metrics;

/// <summary>
/// CIDEr (Vedantam et al., 2015) as the COCO caption evaluation computes it, which is the paper's CIDEr-D times 10: cosine similarity of tf-idf vectors
/// of 1- to 4-grams with clipped counts and a Gaussian penalty on the difference in length, idf from the references given. Papers print it times 100.
/// </summary>
public static class Cider
{
    private const double Sigma = 6;

    /// <summary>The mean over images, and each image.</summary>
    public static CaptionScore Score(IReadOnlyList<CaptionCase> cases)
    {
        var references = cases.Select(item => item.References.Select(reference => NGrams.Count(CaptionCase.Tokens(reference))).ToArray()).ToArray();
        var documents = new Dictionary<string, int>(StringComparer.Ordinal);
        var ofImages = references.Select(texts => texts.SelectMany(counts => counts).SelectMany(grams => grams.Keys).Distinct(StringComparer.Ordinal));
        foreach (string gram in ofImages.SelectMany(grams => grams))
            documents[gram] = documents.GetValueOrDefault(gram) + 1;
        double logImages = Math.Log(cases.Count);
        double[] perImage = [.. cases.Select((item, image) => ScoreOne(
            new Vector(NGrams.Count(CaptionCase.Tokens(item.Caption)), documents, logImages),
            [.. references[image].Select(counts => new Vector(counts, documents, logImages))]))];
        return new CaptionScore(perImage.Average(), perImage);
    }

    private static double ScoreOne(Vector caption, Vector[] references)
    {
        double sum = 0;
        foreach (var reference in references)
        {
            double difference = caption.Length - reference.Length;
            double similarity = 0;
            for (int n = 0; n < NGrams.Longest; n++) similarity += caption.Similarity(reference, n);
            sum += similarity / NGrams.Longest * Math.Exp(-difference * difference / (2 * Sigma * Sigma));
        }
        return sum / references.Length * 10;
    }

    private sealed class Vector
    {
        private readonly Dictionary<string, double>[] _weights = new Dictionary<string, double>[NGrams.Longest];
        private readonly double[] _norms = new double[NGrams.Longest];

        public Vector(Dictionary<string, int>[] counts, Dictionary<string, int> documents, double logImages)
        {
            for (int n = 0; n < NGrams.Longest; n++)
            {
                _weights[n] = counts[n].ToDictionary(
                    gram => gram.Key, gram => gram.Value * (logImages - Math.Log(Math.Max(1, documents.GetValueOrDefault(gram.Key)))), StringComparer.Ordinal);
                _norms[n] = Math.Sqrt(_weights[n].Values.Sum(weight => weight * weight));
            }
            // The reference takes the number of bigrams for the length.
            Length = counts[1].Values.Sum();
        }

        public int Length { get; }

        public double Similarity(Vector reference, int n)
        {
            double product = 0;
            foreach (var (gram, weight) in _weights[n])
            {
                double other = reference._weights[n].GetValueOrDefault(gram);
                product += Math.Min(weight, other) * other;
            }
            return _norms[n] != 0 && reference._norms[n] != 0 ? product / (_norms[n] * reference._norms[n]) : product;
        }
    }
}
