using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>What a parameter shard does at the word of its ledger, in the order given.</summary>
internal abstract record ShardAction
{
    /// <summary>Forget the sum of a node: a sum that covers it has come.</summary>
    public sealed record Discard(TreeNode Node) : ShardAction;

    /// <summary>Keep the pushed block as the sum of its node.</summary>
    public sealed record Store(TreeNode Node) : ShardAction;

    /// <summary>Add the sum of <paramref name="From"/>, or the pushed block where that is null, to the sum of <paramref name="Into"/>; the result is the sum of <paramref name="Parent"/>.</summary>
    public sealed record Add(TreeNode Into, TreeNode? From, TreeNode Parent) : ShardAction;

    /// <summary>The root's sum is complete: give it to the backup; answered by <see cref="ShardLedger.Mirrored"/>.</summary>
    public sealed record Mirror : ShardAction;

    /// <summary>The root's sum is complete, and the backup holds it where there is one: vote.</summary>
    public sealed record Vote : ShardAction;

    /// <summary>Take the optimizer's step with the root's sum, clipped by the norm of the whole gradient, enqueue the features, publish the next version.</summary>
    public sealed record Apply(double SquaredNorm) : ShardAction;

    /// <summary>Publish the next version with the content of this one.</summary>
    public sealed record CarryOver : ShardAction;

    /// <summary>Forget all sums, reports and features of the step.</summary>
    public sealed record Clear : ShardAction;

    /// <summary>Save this shard's part of a checkpoint of the version just published.</summary>
    public sealed record Save : ShardAction;
}
