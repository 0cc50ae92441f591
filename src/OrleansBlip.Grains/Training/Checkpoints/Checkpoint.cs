using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>A checkpoint whose objects were all verified, open for reading; it may be read into any number of shards.</summary>
public sealed class Checkpoint : IDisposable
{
    private const string QueueRole = "queue";

    private readonly CheckpointStore _store;
    private readonly List<ShardObject> _shards = [];

    private Checkpoint(CheckpointStore store, string name, CheckpointManifest manifest, IReadOnlyList<string> rejected)
    {
        _store = store;
        Name = name;
        Manifest = manifest;
        Rejected = rejected;
    }

    /// <summary>The manifest's name.</summary>
    public string Name { get; }

    /// <summary>What it consists of.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>SHA-256 of the manifest: the name by which a fork knows this checkpoint.</summary>
    public string ManifestSha256 => Manifest.Sha256;

    /// <summary>Damaged checkpoints that were passed over for this one, each with the reason.</summary>
    public IReadOnlyList<string> Rejected { get; }

    /// <summary>Writes a shard as an object. The shard must not move on meanwhile.</summary>
    public static CheckpointObject PutShard(CheckpointStore store, long step, ParameterShardState<float> shard) => PutShard(store, step, ShardValues.Of(shard));

    /// <summary>Writes a shard's numbers, which stay as they are, as an object.</summary>
    public static CheckpointObject PutShard(CheckpointStore store, long step, ShardValues shard) =>
        store.Put(step, ShardObject.Role, stream => ShardObject.Write(stream, shard));

    /// <summary>Writes the queue as an object. It must not move on meanwhile.</summary>
    public static CheckpointObject PutQueue(CheckpointStore store, long step, FeatureQueue queue) => PutQueue(store, step, queue.ToTensors());

    /// <summary>Writes what <see cref="FeatureQueue.ToTensors"/> gave, which stays as it is while the queue moves on.</summary>
    public static CheckpointObject PutQueue(CheckpointStore store, long step, IEnumerable<TensorData> queue) =>
        store.Put(step, QueueRole, stream => SafetensorsFile.Write(stream, queue));

    /// <summary>Reads a range of the flat vector, however it was sharded when it was written.</summary>
    /// <param name="layout">The run's layout.</param>
    /// <param name="start">As for <see cref="ParameterShardState{T}"/>.</param>
    /// <param name="end">As for <see cref="ParameterShardState{T}"/>.</param>
    /// <param name="decay">As for <see cref="ParameterShardState{T}"/>.</param>
    /// <exception cref="CheckpointException">The checkpoint is of another layout.</exception>
    public ParameterShardState<float> ReadShard(ParameterLayout layout, long start, long end, DecayRule decay)
    {
        CheckIsOf(layout);
        var (momentumStart, _) = ParameterShardState<float>.MomentumRange(layout, start, end);
        return new ParameterShardState<float>(layout, start, end, decay, _shards[0].UpdateCount, (weights, momentum, first, second) =>
        {
            foreach (var shard in _shards)
            {
                shard.CopyWeights(start, weights);
                shard.CopyMoments(start, first, second);
                shard.CopyMomentum(momentumStart, momentum);
            }
        });
    }

    /// <summary>Hash of its weights and momentum copies.</summary>
    /// <exception cref="CheckpointException">The checkpoint is of another layout.</exception>
    public string HashWeights(ParameterLayout layout)
    {
        CheckIsOf(layout);
        var (weights, momentum) = (new float[layout.ElementCount], new float[layout.MomentumElementCount]);
        foreach (var shard in _shards)
        {
            shard.CopyWeights(0, weights);
            shard.CopyMomentum(0, momentum);
        }
        return WeightsHash.Of(layout, weights, momentum);
    }

    /// <summary>Hash of its moments, Adam's count and the queue.</summary>
    /// <exception cref="CheckpointException">The checkpoint is of another layout.</exception>
    public string HashOptimizer(ParameterLayout layout) => OptimizerHash.Of(ReadShard(layout, 0, layout.ElementCount, DecayRule.All), ReadQueue());

    /// <summary>Reads the queue; null when the run has none.</summary>
    public FeatureQueue? ReadQueue()
    {
        string? path = PathsOf(QueueRole).SingleOrDefault();
        if (path is null) return null;
        using var file = SafetensorsFile.Open(path);
        return FeatureQueue.Read(file);
    }

    /// <inheritdoc/>
    public void Dispose() => _shards.ForEach(shard => shard.Dispose());

    /// <summary>Opens verified objects, and checks that the shards are a whole.</summary>
    /// <exception cref="CheckpointException">They leave a gap, overlap, or did not take part in the same updates.</exception>
    internal static Checkpoint Open(CheckpointStore store, string name, CheckpointManifest manifest, IReadOnlyList<string> rejected)
    {
        var checkpoint = new Checkpoint(store, name, manifest, rejected);
        try
        {
            foreach (string path in checkpoint.PathsOf(ShardObject.Role)) checkpoint._shards.Add(new ShardObject(path));
            checkpoint._shards.Sort((a, b) => a.Start.CompareTo(b.Start));
            checkpoint.CheckWhole();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private IEnumerable<string> PathsOf(string role) =>
        Manifest.Objects.Where(item => item.Name.Split('-')[1] == role).Select(item => _store.PathOf(item.Name));

    private void CheckIsOf(ParameterLayout layout)
    {
        if (_shards.Count == 0 || _shards[^1].End != layout.ElementCount || _shards[^1].MomentumEnd != layout.MomentumElementCount)
            throw new CheckpointException(
                $"Checkpoint '{Name}' does not hold {layout.ElementCount} weights and {layout.MomentumElementCount} momentum weights: it is of another model.");
    }

    private void CheckWhole()
    {
        long end = 0, momentumEnd = 0;
        foreach (var shard in _shards)
        {
            if (shard.Start != end || shard.MomentumStart != momentumEnd)
                throw new CheckpointException(
                    $"A shard of '{Name}' starts at {shard.Start} (momentum {shard.MomentumStart}), the one before ends at {end} (momentum {momentumEnd}).");
            if (shard.UpdateCount != _shards[0].UpdateCount)
                throw new CheckpointException($"Shards of '{Name}' have seen {_shards[0].UpdateCount} and {shard.UpdateCount} updates.");
            (end, momentumEnd) = (shard.End, shard.MomentumEnd);
        }
    }
}
