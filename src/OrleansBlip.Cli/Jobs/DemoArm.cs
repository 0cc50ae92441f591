using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Shards;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Cli.Jobs;

/// <summary>An arm beside the loop itself: the same pre-training on another choice of pairs.</summary>
internal sealed class DemoArm(string arm, long seed, DemoPaths paths, TrainingWatch training)
{
    /// <summary>Trains the arm's model, or finds it trained.</summary>
    /// <returns>The model's folder.</returns>
    public async Task<string> TrainAsync(TrainingTemplate template, CancellationToken cancellation)
    {
        var model = Path.Combine(paths.Arm(seed, arm), "model");
        if (Directory.Exists(model)) return model;
        var sources = new RunSources { Data = [.. Pairs(), paths.Clean], Vocabulary = paths.Vocabulary };
        var checkpoints = Path.Combine(paths.Arm(seed, arm), "checkpoints");
        var request = new RunRequest
        {
            Spec = SourceDigest.On(template, sources),
            Sources = sources.ToJson(),
            CheckpointFolder = checkpoints,
            CheckpointInterval = 250,
        };
        await training.TrainAsync(RunId.Parse($"demo-{seed}-{arm}"), request, $"pre-train {arm}", cancellation);
        return ModelFolder.FromCheckpoint(checkpoints, paths.Vocabulary, model).Path;
    }

    private IEnumerable<string> Pairs() => arm switch
    {
        "clean" => [],
        "oracle" => [OracleFolder()],
        _ => [Path.Combine(paths.Seed(seed), "round1", "arms", arm)],
    };

    /// <summary>The true web pairs, chosen by the truth: what a perfect filter would keep.</summary>
    private string OracleFolder()
    {
        if (Directory.Exists(paths.Oracle)) return paths.Oracle;
        var isTrue = TruthFile.Read(paths.World, ShapeWorldSplit.Web).ToDictionary(record => record.Key, record => record.Texts[0].IsTrue, StringComparer.Ordinal);
        var partial = paths.Oracle + ".partial";
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        using (var web = ShardSet.Open(paths.Web, verifyHashes: false))
        using (var writer = new ShardWriter(partial, 1000))
        {
            foreach (var sample in web.Shards.SelectMany(shard => shard.ReadSamples()).Where(sample => isTrue[sample.Key])) writer.Add(sample);
            writer.Complete();
        }
        Directory.Move(partial, paths.Oracle);
        return paths.Oracle;
    }
}
