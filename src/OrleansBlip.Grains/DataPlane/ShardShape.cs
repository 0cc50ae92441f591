namespace OrleansBlip.Grains.DataPlane;

/// <summary>What a trainer knows of a shard by itself: an answer of another shape is no answer.</summary>
/// <param name="Start">First element of the shard's range.</param>
/// <param name="Length">Elements of the range.</param>
/// <param name="QueueCapacity">Most entries of the feature queue; 0 where the model has none.</param>
/// <param name="QueueWidth">Elements of a feature.</param>
internal sealed record ShardShape(long Start, int Length, int QueueCapacity, int QueueWidth)
{
    /// <summary>Whether an answer may be this shard's.</summary>
    public bool Fits(PullAnswerHeader answer)
    {
        bool areRangesRight = answer.WeightStart == Start && answer.WeightCount == Length && answer.MomentumStart >= 0 && answer.MomentumCount >= 0 && answer.MomentumCount <= Length;
        return areRangesRight && (answer.Queue is not { } queue || Fits(queue));
    }

    private bool Fits(QueueHeader queue)
    {
        bool isWithin = queue.Count >= 0 && queue.Count <= QueueCapacity && queue.Start >= 0 && queue.Start <= queue.Count && queue.Rows >= 0 && queue.Rows <= queue.Count;
        return isWithin && (queue.Count == 0 || queue.Width == QueueWidth);
    }
}
