namespace OrleansBlip.Model.Metrics;

/// <summary>
/// BLEU-1 to BLEU-4 (Papineni et al., 2002) as the COCO caption evaluation computes it: clipped n-gram precision over the set, brevity penalty against
/// the closest reference length (of two equally close ones the shorter), and tiny constants that keep empty counts from dividing by zero.
/// </summary>
public static class Bleu
{
    private const double Tiny = 1e-15;
    private const double Small = 1e-9;

    /// <summary>BLEU-n at index n − 1.</summary>
    public static IReadOnlyList<CaptionScore> Score(IReadOnlyList<CaptionCase> cases)
    {
        var images = cases.Select(Counts.Of).ToArray();
        var corpus = images.Aggregate(new Counts(), (sum, image) => sum + image).Bleu();
        var perImage = images.Select(image => image.Bleu()).ToArray();
        return [.. Enumerable.Range(0, NGrams.Longest).Select(n => new CaptionScore(corpus[n], [.. perImage.Select(scores => scores[n])]))];
    }

    private readonly record struct Counts(int Length, int ReferenceLength, int[] Guessed, int[] Correct)
    {
        public Counts() : this(0, 0, new int[NGrams.Longest], new int[NGrams.Longest])
        {
        }

        public static Counts operator +(Counts a, Counts b) =>
            new(
                a.Length + b.Length, a.ReferenceLength + b.ReferenceLength,
                [.. a.Guessed.Zip(b.Guessed, (x, y) => x + y)], [.. a.Correct.Zip(b.Correct, (x, y) => x + y)]);

        public static Counts Of(CaptionCase item)
        {
            var tokens = CaptionCase.Tokens(item.Caption);
            var references = item.References.Select(CaptionCase.Tokens).ToArray();
            var found = NGrams.Count(tokens);
            var allowed = references.Select(reference => NGrams.Count(reference)).ToArray();
            var (guessed, correct) = (new int[NGrams.Longest], new int[NGrams.Longest]);
            for (int n = 0; n < NGrams.Longest; n++)
            {
                guessed[n] = Math.Max(0, tokens.Length - n);
                correct[n] = found[n].Sum(gram => Math.Min(gram.Value, allowed.Max(counts => counts[n].GetValueOrDefault(gram.Key))));
            }
            int closest = references.Select(reference => reference.Length).MinBy(length => (Math.Abs(length - tokens.Length), length));
            return new Counts(tokens.Length, closest, guessed, correct);
        }

        public double[] Bleu()
        {
            var scores = new double[NGrams.Longest];
            double ratio = (Length + Tiny) / (ReferenceLength + Small), product = 1;
            for (int n = 0; n < scores.Length; n++)
            {
                product *= (Correct[n] + Tiny) / (Guessed[n] + Small);
                scores[n] = Math.Pow(product, 1.0 / (n + 1)) * (ratio < 1 ? Math.Exp(1 - 1 / ratio) : 1);
            }
            return scores;
        }
    }
}
