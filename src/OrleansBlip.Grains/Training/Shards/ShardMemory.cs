using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>
/// A shard's numbers and the operations that its ledger orders: sums of gradients, the vote, the optimizer's step, the next version. Not for use by two
/// threads at once. The plain loop uses it without a ledger.
/// </summary>
internal sealed class ShardMemory
{
    private readonly RunSpec _spec;
    private readonly OptimizerSettings _optimizer;
    private readonly Func<int> _degree;
    private readonly Dictionary<TreeNode, HeldSum> _sums = [];
    private readonly SortedDictionary<int, SlotReport> _reports = [];
    private readonly SortedDictionary<int, FeatureBlock> _features = [];
    private readonly TreeNode _root;

    /// <summary>Holds <paramref name="content"/> as <paramref name="version"/>.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="content">The shard's content.</param>
    /// <param name="version">The version.</param>
    /// <param name="degree">Threads for each pass, asked anew before it: the result does not depend on them.</param>
    public ShardMemory(RunSpec spec, OptimizerSettings optimizer, ShardContent content, StepNumber version, Func<int> degree)
    {
        _spec = spec;
        _optimizer = optimizer;
        _degree = degree;
        _root = new ReductionTree(spec.SlotCount).Root;
        Content = content;
        Buffers = new GradientBuffers(Length);
        Publish(version);
    }

    /// <summary>Weights, moments, momentum copies and queue of the newest version.</summary>
    public ShardContent Content { get; }

    /// <summary>The newest version as trainers receive it. It stays unchanged while the next one is made, and is overwritten by the one after that.</summary>
    public ParameterBlock Published { get; private set; } = null!;

    /// <summary>Buffers for sums whose memory is not given.</summary>
    public GradientBuffers Buffers { get; }

    /// <summary>Elements of the shard.</summary>
    public int Length => Content.Parameters.Weights.Length;

    /// <summary>Elements of the flat vector before the shard's.</summary>
    public long Start => Content.Parameters.Start;

    private RunLength RunLength => new(_spec.Steps, _spec.StepsPerEpoch);

    /// <summary>XxHash3 of weights, momentum copies and queue: what owner and backup compare. Moments show in the weights of the next version.</summary>
    public ulong Digest()
    {
        var hash = new XxHash3();
        hash.Append(MemoryMarshal.AsBytes(Content.Parameters.Weights.Span));
        hash.Append(MemoryMarshal.AsBytes(Content.Parameters.Momentum.Span));
        if (Content.Queue is { } queue)
        {
            hash.Append(MemoryMarshal.AsBytes(queue.Images.Span));
            hash.Append(MemoryMarshal.AsBytes(queue.Texts.Span));
            hash.Append(MemoryMarshal.AsBytes(queue.Ids.Span));
        }
        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>The sum of all slots, for the backup. Its numbers are this memory's own: they are good until <see cref="Clear"/>.</summary>
    public SumBlock WholeSum(ViewNumber view, StepNumber step) => new()
    {
        View = view,
        Step = step,
        Checksum = BlockChecksum.Of(_sums[_root].Values.Span),
        Sum = new FloatBlock(_sums[_root].Values, _spec.GradientPrecision),
        Reports = [.. _reports.Values],
        Features = [.. _features.Values],
    };

    /// <summary>Does what an action says about sums; actions about other things are none of it.</summary>
    /// <param name="action">The action.</param>
    /// <param name="block">The pushed block.</param>
    /// <param name="given">The block's memory, where its sender gave it up; without it what is kept of the block is a copy.</param>
    /// <returns>Whether <paramref name="given"/> is kept, and let go when the sum is needed no more.</returns>
    public bool Sum(ShardAction action, ReadOnlyMemory<float> block, SumMemory? given = null)
    {
        switch (action)
        {
            case ShardAction.Store { Node: var node } when given is not null:
                _sums.Add(node, new HeldSum(MemoryMarshal.AsMemory(block), given));
                return true;
            case ShardAction.Store { Node: var node }:
                float[] copy = Buffers.Rent();
                block.Span.CopyTo(copy);
                _sums.Add(node, new HeldSum(copy, new SumMemory(copy, Buffers)));
                break;
            case ShardAction.Add { From: null } add:
                GradientSum.Add(_sums[add.Into].Values.Span, block.Span, _spec.GradientPrecision, _degree());
                Rename(add.Into, add.Parent);
                break;
            case ShardAction.Add { From: { } from } add:
                GradientSum.Add(_sums[add.Into].Values.Span, _sums[from].Values.Span, _spec.GradientPrecision, _degree());
                Drop(from);
                Rename(add.Into, add.Parent);
                break;
            case ShardAction.Discard { Node: var node }:
                Drop(node);
                break;
        }
        return false;
    }

    /// <summary>Notes what slots report; again is no harm, for equal slots report equally.</summary>
    public void Note(ImmutableArray<SlotReport> reports, ImmutableArray<FeatureBlock> features)
    {
        foreach (var report in reports) _reports[report.Slot] = report;
        foreach (var slot in features) _features[slot.Slot] = slot;
    }

    /// <summary>The shard's vote on the sum of all slots.</summary>
    public Seal Vote(ViewNumber view, StepNumber step, ShardIndex shard)
    {
        var sum = _sums[_root].Values.Span;
        double[] norms = Content.Parameters.ChunkSquaredNorms(sum, 1.0 / _spec.SlotCount, _degree());
        return new Seal
        {
            View = view,
            Step = step,
            Shard = shard,
            ChunkSquaredNorms = [.. norms],
            Finite = norms.All(double.IsFinite) && _reports.Values.All(report => report.Finite),
            Digest = BlockChecksum.Of(sum),
            Reports = [.. _reports.Values],
        };
    }

    /// <summary>Takes the optimizer's step on the sum of all slots, enqueues the features in slot order and publishes the next version.</summary>
    /// <param name="step">The step.</param>
    /// <param name="squaredNorm">‖g‖² of the whole mean gradient.</param>
    public void Apply(StepNumber step, double squaredNorm)
    {
        Content.Parameters.Apply(_sums[_root].Values.Span, _optimizer.StepAt(step.Value, RunLength, _spec.SlotCount, squaredNorm), _degree());
        Content.Queue?.Enqueue([.. _features.Values.Select(slot => new SlotFeatures { Images = slot.Image.Values, Texts = slot.Text.Values, Ids = slot.Ids })]);
        Publish(step.Next);
    }

    /// <summary>Publishes the content of <paramref name="step"/> once more, as the version after it.</summary>
    public void CarryOver(StepNumber step) => Publish(step.Next);

    /// <summary>Forgets sums, reports and features.</summary>
    public void Clear()
    {
        foreach (var sum in _sums.Values) sum.Memory.Release();
        _sums.Clear();
        _reports.Clear();
        _features.Clear();
    }

    private void Drop(TreeNode node)
    {
        _sums.Remove(node, out var sum);
        sum.Memory.Release();
    }

    private void Rename(TreeNode node, TreeNode parent)
    {
        _sums.Remove(node, out var sum);
        _sums.Add(parent, sum);
    }

    private void Publish(StepNumber version) => Published = new ParameterBlock
    {
        Version = version,
        WeightStart = Start,
        Weights = new FloatBlock(Content.Parameters.Weights),
        MomentumStart = Content.Parameters.MomentumStart,
        Momentum = new FloatBlock(Content.Parameters.Momentum),
        IsInShardMemory = true,
        Queue = Content.Queue is { } queue
            ? new QueueBlock { Image = new FloatBlock(queue.Images), Text = new FloatBlock(queue.Texts), Ids = queue.Ids, FreshStart = queue.FreshStart, FreshCount = queue.FreshCount }
            : null,
    };

    /// <summary>A sum and the memory that it lies in.</summary>
    private readonly record struct HeldSum(Memory<float> Values, SumMemory Memory);
}
