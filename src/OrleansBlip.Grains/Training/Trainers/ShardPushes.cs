using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Trainers;

/// <summary>
/// A lease's last sum on its way to the shards: each gets its range as soon as the backward pass changes it no more, while the rest is still being computed.
/// The lead shard waits for the end, since it takes what the slots report too. Used on the device's thread.
/// </summary>
/// <param name="ranges">The shards' ranges of the flat vector.</param>
/// <param name="sum">The sum.</param>
/// <param name="memory">The sum's memory, where it is given up; null where it stays the trainer's.</param>
/// <param name="push">Pushes its range to a shard.</param>
internal sealed class ShardPushes(ImmutableArray<(long Start, long End)> ranges, PartialSum sum, SumMemory? memory, Func<ShardIndex, Task<PushAnswer?>> push)
{
    private readonly long[] _missing = [.. ranges.Select(range => range.End - range.Start)];
    private readonly bool[] _isComplete = new bool[ranges.Length];
    private readonly Dictionary<ShardIndex, Task<PushAnswer?>> _pushes = [];

    /// <summary>The sum's memory, where it is given up.</summary>
    public SumMemory? Memory => memory;

    /// <summary>Whether a shard may be reading the sum.</summary>
    public bool HasBegun => _pushes.Count > 0;

    /// <summary>A range of the gradient is complete.</summary>
    public void Note(long start, long length)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            long part = Math.Min(ranges[i].End, start + length) - Math.Max(ranges[i].Start, start);
            if (part <= 0) continue;
            _missing[i] -= part;
            if (_missing[i] > 0) continue;
            Complete(i);
            if (i != ShardIndex.Lead.Value) _pushes.Add(new ShardIndex(i), push(new ShardIndex(i)));
        }
    }

    /// <summary>All of the gradient is complete: makes the rest of the sum.</summary>
    public void Complete()
    {
        for (int i = 0; i < ranges.Length; i++) Complete(i);
    }

    /// <summary>The push to a shard that is under way; null where it has not been begun.</summary>
    public Task<PushAnswer?>? Find(ShardIndex shard) => _pushes.GetValueOrDefault(shard);

    private void Complete(int shard)
    {
        if (_isComplete[shard]) return;
        _isComplete[shard] = true;
        sum.Complete(ranges[shard].Start, ranges[shard].End);
    }
}
