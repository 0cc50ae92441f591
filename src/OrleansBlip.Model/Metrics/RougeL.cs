namespace OrleansBlip.Model.Metrics;

/// <summary>
/// ROUGE-L (Lin, 2004) as the COCO caption evaluation computes it: F-measure with β = 1.2 of the longest common subsequence, from the best precision
/// and the best recall over the references, which may come from different ones.
/// </summary>
public static class RougeL
{
    private const double SquaredBeta = 1.2 * 1.2;

    /// <summary>The mean over images, and each image.</summary>
    public static CaptionScore Score(IReadOnlyList<CaptionCase> cases)
    {
        double[] perImage = [.. cases.Select(ScoreOne)];
        return new CaptionScore(perImage.Average(), perImage);
    }

    private static double ScoreOne(CaptionCase item)
    {
        // Splitting at single spaces, an empty caption is one empty token.
        var caption = item.Caption.Split(' ');
        double precision = 0, recall = 0;
        foreach (var reference in item.References.Select(reference => reference.Split(' ')))
        {
            double common = CommonSubsequence(caption, reference);
            precision = Math.Max(precision, common / caption.Length);
            recall = Math.Max(recall, common / reference.Length);
        }
        return precision > 0 && recall > 0 ? (1 + SquaredBeta) * precision * recall / (recall + SquaredBeta * precision) : 0;
    }

    private static int CommonSubsequence(string[] a, string[] b)
    {
        var (before, current) = (new int[b.Length + 1], new int[b.Length + 1]);
        foreach (string token in a)
        {
            for (int j = 1; j <= b.Length; j++) current[j] = token == b[j - 1] ? before[j - 1] + 1 : Math.Max(before[j], current[j - 1]);
            (before, current) = (current, before);
        }
        return before[^1];
    }
}
