namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>Element-wise passes over large vectors, in parts on several threads. No bit depends on how many.</summary>
internal static unsafe class SpanPass
{
    private const int PartElements = 1 << 20;

    /// <summary>What is done to a part; both have its length.</summary>
    public delegate void Part(Span<float> target, ReadOnlySpan<float> source);

    /// <summary>Does <paramref name="part"/> to all parts of two vectors of one length.</summary>
    /// <param name="target">What changes.</param>
    /// <param name="source">What does not.</param>
    /// <param name="degree">Threads to use.</param>
    /// <param name="part">What is done.</param>
    public static void Run(Span<float> target, ReadOnlySpan<float> source, int degree, Part part)
    {
        if (target.Length != source.Length) throw new ArgumentException($"A vector of {target.Length} elements cannot take {source.Length}.", nameof(source));
        var length = target.Length;
        if (degree <= 1 || length <= PartElements)
        {
            part(target, source);
            return;
        }
        fixed (float* pinnedTarget = target, pinnedSource = source)
        {
            float* to = pinnedTarget, from = pinnedSource;
            Parallel.For(0, (length - 1) / PartElements + 1, new ParallelOptions { MaxDegreeOfParallelism = degree }, i =>
            {
                int start = i * PartElements, count = Math.Min(PartElements, length - start);
                part(new Span<float>(to + start, count), new ReadOnlySpan<float>(from + start, count));
            });
        }
    }
}
