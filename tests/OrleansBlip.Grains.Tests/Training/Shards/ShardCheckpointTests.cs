using System.Collections.Immutable;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Shards;

/// <summary>Checkpoints are copied beside the next step.</summary>
public sealed class ShardCheckpointTests : IDisposable
{
    /// <summary>So many that a copy takes longer than it takes the next step to begin.</summary>
    private const int Length = 1 << 22;

    private readonly string _folder = Directory.CreateTempSubdirectory("shard-checkpoints-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Checkpoint_OfAVersionWhoseSuccessorsFollowAtOnce_IsOfThatVersion()
    {
        var resting = await SaveAsync("resting", stepsAfter: 0);
        var training = await SaveAsync("training", stepsAfter: 2);

        Assert.Equal(Assert.Single(resting).Sha256, Assert.Single(training).Sha256);
    }

    /// <summary>Takes a step, saves the version, and takes further steps without waiting for it.</summary>
    private async Task<ImmutableArray<SavedObject>> SaveAsync(string name, int stepsAfter)
    {
        await using var shard = await LoneShard.OpenAsync(Path.Combine(_folder, name), Length);
        await StepAsync(shard, step: 0, isSaved: true);
        for (int step = 1; step <= stepsAfter; step++) await StepAsync(shard, step, isSaved: false);
        var saved = await shard.Saved;
        Assert.Null(saved.Problem);
        Assert.Equal(1, saved.Version.Value);
        return saved.Objects;
    }

    private static async Task StepAsync(LoneShard shard, int step, bool isSaved)
    {
        Assert.Equal(PushOutcome.Accepted, (await shard.PushAsync(step)).Outcome);
        Assert.Equal(VerdictOutcome.Done, (await shard.DecideAsync(step, isSaved)).Outcome);
    }
}
