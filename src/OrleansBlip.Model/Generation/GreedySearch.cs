namespace OrleansBlip.Model.Generation;

/// <summary>Takes the likeliest token at each step.</summary>
public static class GreedySearch
{
    /// <summary>Decodes one sequence for each row of a fresh session.</summary>
    /// <param name="session">The decoder, not yet prefilled.</param>
    /// <param name="rows">R.</param>
    /// <param name="prompt">What each row starts with, the start token first.</param>
    /// <param name="settings">Lengths, end token and repetition penalty.</param>
    public static GeneratedSequence[] Run(IDecoderSession session, int rows, ReadOnlySpan<long> prompt, GenerationSettings settings) =>
        RowDecoder.Run(session, rows, prompt, settings, static (_, _, scores) => LikeliestOf(scores));

    private static int LikeliestOf(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int token = 1; token < scores.Length; token++)
        {
            if (scores[token] > scores[best]) best = token;
        }
        return best;
    }
}
