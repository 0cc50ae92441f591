using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Tests.Training.Checkpoints;

/// <summary>A checkpoint that was committed outlives a power cut, and one that was not takes nothing with it.</summary>
public sealed class PowerCutTests : IDisposable
{
    private static readonly ParameterLayout Layout = new([new ParameterEntry { Name = "w", Shape = [100], Offset = 0, Length = 100 }]);

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-power").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void OpenNewest_PowerCutAfterAnyCall_FindsTheLastCommitted()
    {
        string run = Path.Combine(_folder, "run");
        var disk = new LossyDisk(run);
        int cuts = 0;
        long committed = 0;
        disk.AfterCall = () =>
        {
            string left = Path.Combine(_folder, $"{++cuts}");
            disk.LeaveTo(left);
            long found = new CheckpointStore(left).OpenNewest() is { } checkpoint ? Read(checkpoint) : 0;
            Assert.InRange(found, committed, committed + 1);
        };
        for (long step = 1; step <= 4; step++)
        {
            var store = new CheckpointStore(run, disk);
            var state = new ParameterShardState<float>(Layout, 0, 100, DecayRule.All, Enumerable.Repeat((float)step, 100).ToArray(), []);
            var item = Checkpoint.PutShard(store, step, state);
            store.Commit(new CheckpointManifest { Sequence = step, Step = step, RunSpec = "{}", Objects = [item] }, store.Latest);
            committed = step;
            disk.AfterCall();
            store.Prune(keep: 2);
            disk.AfterCall();
        }
        Assert.True(cuts > 40, $"{cuts} cuts");
    }

    private static long Read(Checkpoint checkpoint)
    {
        using (checkpoint)
        {
            float[] weights = checkpoint.ReadShard(Layout, 0, 100, DecayRule.All).Weights.ToArray();
            Assert.All(weights, weight => Assert.Equal(checkpoint.Manifest.Step, weight));
            return checkpoint.Manifest.Step;
        }
    }
}
