namespace OrleansBlip.Data.Videos;

/// <summary>Which frames stand for a video (BLIP §5.6): uniformly sampled ones, 8 for retrieval and 16 for question answering.</summary>
public static class FrameSampling
{
    /// <summary>The most frames of a video.</summary>
    public const int FramesMax = 64;

    /// <summary>
    /// The frame in the middle of each of so many equal parts: ⌊(2i + 1) · total / (2 · count)⌋ for part i, so they rise. Of a video with fewer frames
    /// than parts, frames repeat, as nearly equally often as can be.
    /// </summary>
    /// <param name="total">Frames of the video, at least 1.</param>
    /// <param name="count">Parts, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is less.</exception>
    public static int[] Middles(int total, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(total);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return [.. Enumerable.Range(0, count).Select(part => (int)((2L * part + 1) * total / (2L * count)))];
    }
}
