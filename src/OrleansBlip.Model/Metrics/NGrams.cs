namespace OrleansBlip.Model.Metrics;

/// <summary>Counts of the 1- to 4-grams of a text.</summary>
internal static class NGrams
{
    public const int Longest = 4;

    /// <summary>Counts by n-gram, for n = index + 1.</summary>
    public static Dictionary<string, int>[] Count(ReadOnlySpan<string> tokens)
    {
        var counts = new Dictionary<string, int>[Longest];
        for (int n = 1; n <= Longest; n++)
        {
            var ofLength = counts[n - 1] = new Dictionary<string, int>(StringComparer.Ordinal);
            for (int i = 0; i + n <= tokens.Length; i++)
            {
                // Tokens hold no space, so the joined text is unambiguous.
                string gram = string.Join(' ', tokens.Slice(i, n));
                ofLength[gram] = ofLength.GetValueOrDefault(gram) + 1;
            }
        }
        return counts;
    }
}
