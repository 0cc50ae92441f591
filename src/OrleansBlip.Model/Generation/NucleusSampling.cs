namespace OrleansBlip.Model.Generation;

/// <summary>Draws each token from the smallest set of tokens that holds most of the probability (arXiv 1904.09751); CapFilt's captioner (BLIP §3.3).</summary>
public static class NucleusSampling
{
    /// <summary>Decodes one sequence for each row of a fresh session.</summary>
    /// <param name="session">The decoder, not yet prefilled.</param>
    /// <param name="rows">R.</param>
    /// <param name="prompt">What each row starts with, the start token first.</param>
    /// <param name="settings">Lengths, end token, repetition penalty, top-p and top-k.</param>
    /// <param name="uniform">A number in [0, 1) for (row, step), step 0 being the first generated token: the only randomness.</param>
    public static GeneratedSequence[] Run(
        IDecoderSession session, int rows, ReadOnlySpan<long> prompt, GenerationSettings settings, Func<int, int, double> uniform) =>
        RowDecoder.Run(session, rows, prompt, settings, (row, step, scores) => Draw(scores, settings, uniform(row, step)));

    /// <summary>Narrows the scores to the nucleus, and inverts its cumulative distribution over token ids.</summary>
    internal static int Draw(Span<float> scores, GenerationSettings settings, double uniform)
    {
        if (settings.TopK is { } count) LogitsProcessors.TopK(scores, count);
        Span<double> weights = scores.Length <= 1024 ? stackalloc double[scores.Length] : new double[scores.Length];
        double target = uniform * LogitsProcessors.TopP(scores, settings.TopP, weights), mass = 0;
        int drawn = 0;
        for (int token = 0; token < weights.Length; token++)
        {
            if (weights[token] == 0) continue;
            drawn = token;
            mass += weights[token];
            if (mass > target) break;
        }
        return drawn;
    }
}
