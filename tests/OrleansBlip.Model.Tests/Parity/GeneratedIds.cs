using OrleansBlip.Model.Generation;

namespace OrleansBlip.Model.Tests.Parity;

internal static class GeneratedIds
{
    /// <summary>
    /// The ids as the reference stores them, filled with padding to the length of the batch's longest. What it filled cannot be told from a padding token that the model chose, so
    /// nothing is taken off its ids.
    /// </summary>
    public static long[] Padded(this GeneratedSequence sequence, long[] expected, long padId) => [.. sequence.Ids, .. Enumerable.Repeat(padId, Math.Max(0, expected.Length - sequence.Ids.Length))];
}
