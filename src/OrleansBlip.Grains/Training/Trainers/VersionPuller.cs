using System.Collections.Immutable;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Trainers;

/// <summary>Pulls versions for all trainers of a node: what one has asked for, the others await, so each block comes once to a node. Thread-safe.</summary>
internal sealed class VersionPuller(Delivery delivery)
{
    private readonly Lock _lock = new();
    private (PullRequest Request, Task<ParameterVersion?> Version) _last = (new PullRequest { View = new(-1), Version = new(-1) }, Task.FromResult<ParameterVersion?>(null));

    /// <summary>Pulls the blocks of all shards; ends once each of them has begun to come.</summary>
    /// <param name="shards">The shards, by index.</param>
    /// <param name="order">In which order to call on them.</param>
    /// <param name="view">The view.</param>
    /// <param name="version">The version.</param>
    /// <param name="isWanted">Whether it still matters.</param>
    /// <param name="over">Cancelled with the view: what still waits for a node that has gone waits no more.</param>
    /// <returns>Null when the version is past, the view is over, or it is no longer wanted.</returns>
    public Task<ParameterVersion?> PullAsync(ImmutableArray<IShardLink> shards, ImmutableArray<int> order, ViewNumber view, StepNumber version, Func<bool> isWanted, CancellationToken over)
    {
        var request = new PullRequest { View = view, Version = version };
        lock (_lock)
        {
            bool isGoodOrUnderWay = !_last.Version.IsCompleted || _last.Version is { IsCompletedSuccessfully: true, Result.Arrival.IsLost: false };
            if (_last.Request == request && isGoodOrUnderWay) return _last.Version;
            _last = (request, PullAllAsync(shards, order, request, isWanted, over));
            return _last.Version;
        }
    }

    private async Task<ParameterVersion?> PullAllAsync(ImmutableArray<IShardLink> shards, ImmutableArray<int> order, PullRequest request, Func<bool> isWanted, CancellationToken over)
    {
        var arrival = new VersionArrival(shards.Length);
        foreach (int shard in order) _ = PullOneAsync(shards[shard], shard, request, arrival, () => isWanted() && !over.IsCancellationRequested && !arrival.IsLost, over);
        return await arrival.Begun ? new ParameterVersion(request.View, request.Version, arrival.Blocks) { Arrival = arrival } : null;
    }

    /// <summary>Pulls a shard's block to its end, good or bad: of either the arrival hears.</summary>
    private async Task PullOneAsync(IShardLink shard, int index, PullRequest request, VersionArrival arrival, Func<bool> isWanted, CancellationToken over)
    {
        try
        {
            PullAnswer? answer;
            do answer = await delivery.UntilHeardAsync($"Pull of version {request.Version} from shard {index}", () => shard.PullAsync(request, arrival.Of(index), over), isWanted);
            while (answer?.Outcome == PullOutcome.NotYet);
            if (answer?.Block is { } block) arrival.Complete(index, block);
            else arrival.Lose();
        }
        catch (Exception exception)
        {
            arrival.Lose(exception);
        }
    }
}
