using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Tests.Training.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private const int Chunk = ParameterShardState<float>.ChunkElements;

    private static readonly AdamWStep Update = new()
    {
        LearningRate = 1e-3,
        Beta1 = 0.9,
        Beta2 = 0.98,
        Epsilon = 1e-8,
        WeightDecay = 0.05,
        GradientScale = 1,
        Momentum = 0.9,
    };

    private static readonly ParameterLayout Layout = new(
    [
        new ParameterEntry { Name = "a", Shape = [100_003], Offset = 0, Length = 100_003, MomentumOffset = 0, MomentumName = "a_m" },
        new ParameterEntry { Name = "b", Shape = [50_000], Offset = 100_003, Length = 50_000 },
        new ParameterEntry { Name = "c", Shape = [77], Offset = 150_003, Length = 77, MomentumOffset = 100_003, MomentumName = "c_m" },
    ]);

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansblip-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void OpenNewest_OtherNumberOfShards_ContinuesWithSameBits()
    {
        var store = new CheckpointStore(_folder);
        ParameterShardState<float>[] two = [Initial(0, 2 * Chunk), Initial(2 * Chunk, Layout.ElementCount)];
        for (int step = 0; step < 3; step++) Advance(two, step);
        var queue = new FeatureQueue(5, 2);
        queue.Enqueue([new SlotFeatures { Images = new float[] { 1, 2, 3, 4 }, Texts = new float[] { 5, 6, 7, 8 }, Ids = new long[] { 9, 10 } }]);
        store.Commit(
            new CheckpointManifest
            {
                Sequence = 1,
                Step = 3,
                RunSpec = """{"seed":7}""",
                Objects = [Checkpoint.PutShard(store, 3, two[1]), Checkpoint.PutQueue(store, 3, queue), Checkpoint.PutShard(store, 3, two[0])],
                Metadata = ImmutableSortedDictionary<string, string>.Empty.Add("rng", "42"),
            },
            previous: null);

        using var checkpoint = new CheckpointStore(_folder).OpenNewest()!;
        Assert.Equal(3, checkpoint.Manifest.Step);
        Assert.Equal("""{"seed":7}""", checkpoint.Manifest.RunSpec);
        Assert.Equal("42", checkpoint.Manifest.Metadata["rng"]);
        Assert.Empty(checkpoint.Rejected);
        Assert.Equal(queue.Images.ToArray(), checkpoint.ReadQueue()!.Images.ToArray());
        ParameterShardState<float>[] three = [Read(checkpoint, 0, Chunk), Read(checkpoint, Chunk, 2 * Chunk), Read(checkpoint, 2 * Chunk, Layout.ElementCount)];
        Assert.Equal(3, three[1].UpdateCount);
        Advance(two, 3);
        Advance(three, 3);
        Assert.Equal(two.SelectMany(shard => shard.Weights.ToArray()), three.SelectMany(shard => shard.Weights.ToArray()));
        Assert.Equal(two.SelectMany(shard => shard.Momentum.ToArray()), three.SelectMany(shard => shard.Momentum.ToArray()));
        Assert.Equal(two.SelectMany(shard => shard.SecondMoment.ToArray()), three.SelectMany(shard => shard.SecondMoment.ToArray()));
    }

    [Fact]
    public void OpenNewest_EmptyFolder_IsNull() => Assert.Null(new CheckpointStore(_folder).OpenNewest());

    [Theory]
    [InlineData("truncate")]
    [InlineData("flip")]
    [InlineData("zero")]
    [InlineData("append")]
    public void OpenNewest_AnyFileDamagedAnywhere_FallsBackToOlder(string damage)
    {
        var store = new CheckpointStore(_folder);
        string first = CommitSmall(store, step: 10, previous: null);
        var older = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).ToHashSet();
        CommitSmall(store, step: 20, previous: first);
        string[] files = [.. Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Where(path => !older.Contains(path))];
        Assert.Equal(4, files.Length);
        int cases = 0;
        foreach (string path in files)
        {
            var intact = File.ReadAllBytes(path);
            for (int sample = 0; sample < 125; sample++, cases++)
            {
                int offset = (int)((long)intact.Length * sample / 125);
                File.WriteAllBytes(path, Damaged(intact, damage, offset, bit: sample % 8));
                using var checkpoint = store.OpenNewest()!;
                Assert.Equal(10, checkpoint.Manifest.Step);
                Assert.StartsWith("00000002-", Assert.Single(checkpoint.Rejected), StringComparison.Ordinal);
            }
            File.WriteAllBytes(path, intact);
        }
        Assert.Equal(500, cases);
        using var healed = store.OpenNewest()!;
        Assert.Equal(20, healed.Manifest.Step);
    }

    [Fact]
    public void OpenNewest_EveryCheckpointDamaged_NamesThem()
    {
        var store = new CheckpointStore(_folder);
        CommitSmall(store, step: 10, previous: null);
        foreach (string path in Directory.GetFiles(Path.Combine(_folder, "objects"))) File.Delete(path);
        Assert.Contains("00000001-step10", Assert.Throws<CheckpointException>(() => store.OpenNewest()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no such manifest")]
    public void OpenNewest_PointerDamaged_TakesNewest(string pointer)
    {
        var store = new CheckpointStore(_folder);
        CommitSmall(store, step: 20, previous: CommitSmall(store, step: 10, previous: null));
        File.WriteAllText(Path.Combine(_folder, "latest"), pointer);
        using var checkpoint = store.OpenNewest()!;
        Assert.Equal(20, checkpoint.Manifest.Step);
    }

    [Fact]
    public void OpenNewest_WriterDiedBeforeCommit_TakesCommitted()
    {
        var store = new CheckpointStore(_folder);
        CommitSmall(store, step: 10, previous: null);
        store.Put(20, "shard", stream => stream.WriteByte(1));
        Assert.Throws<InvalidOperationException>(() => store.Put(20, "shard", stream => throw new InvalidOperationException("The writer dies.")));
        using var checkpoint = store.OpenNewest()!;
        Assert.Equal(10, checkpoint.Manifest.Step);
    }

    [Fact]
    public void OpenNewest_AfterRollback_TakesLastCommitNotHighestStep()
    {
        var store = new CheckpointStore(_folder);
        CommitSmall(store, step: 15, previous: CommitSmall(store, step: 20, previous: CommitSmall(store, step: 10, previous: null)));
        using var checkpoint = store.OpenNewest()!;
        Assert.Equal(15, checkpoint.Manifest.Step);
    }

    [Fact]
    public void Commit_SupersededWriter_IsRefused()
    {
        var store = new CheckpointStore(_folder);
        string first = CommitSmall(store, step: 10, previous: null);
        string second = CommitSmall(store, step: 20, previous: first);
        Assert.Throws<CheckpointException>(() => CommitSmall(store, step: 20, previous: first));
        Assert.Equal(second, store.Latest);
        using var checkpoint = store.OpenNewest()!;
        Assert.Equal(second, checkpoint.Name);
    }

    [Fact]
    public void Commit_MissingObject_IsRefused()
    {
        var store = new CheckpointStore(_folder);
        var manifest = Manifest(sequence: 1, new CheckpointObject("0000000001-shard-x", 1, "00"));
        Assert.Throws<CheckpointException>(() => store.Commit(manifest, previous: null));
        Assert.Null(store.Latest);
    }

    [Fact]
    public void OpenNewest_ShardMissingFromManifest_IsRefused()
    {
        var store = new CheckpointStore(_folder);
        store.Commit(Manifest(sequence: 1, Checkpoint.PutShard(store, 1, Initial(Chunk, 2 * Chunk))), previous: null);
        Assert.Throws<CheckpointException>(() => store.OpenNewest());
        store.Commit(Manifest(sequence: 2, Checkpoint.PutShard(store, 1, Initial(0, Chunk))), store.Latest);
        using var checkpoint = store.OpenNewest()!;
        Assert.Throws<CheckpointException>(() => Read(checkpoint, 0, Chunk));
    }

    [Fact]
    public void Prune_OldAndOrphaned_GoNewAndInTheMakingStay()
    {
        var store = new CheckpointStore(_folder);
        string? latest = null;
        for (int step = 10; step <= 50; step += 10) latest = CommitSmall(store, step, latest);
        var orphan = store.Put(45, "shard", stream => stream.WriteByte(1));
        var inTheMaking = store.Put(60, "shard", stream => stream.WriteByte(1));
        store.Prune(keep: 2);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "manifests")).Length);
        var objects = Directory.GetFiles(Path.Combine(_folder, "objects")).Select(path => Path.GetFileName(path)).ToArray();
        Assert.Equal(2 * 3 + 1, objects.Length);
        Assert.Contains(inTheMaking.Name, objects);
        Assert.DoesNotContain(orphan.Name, objects);
        using var checkpoint = store.OpenNewest()!;
        Assert.Equal(50, checkpoint.Manifest.Step);
    }

    private static byte[] Damaged(byte[] intact, string damage, int offset, int bit)
    {
        byte[] bytes = [.. intact];
        switch (damage)
        {
            case "truncate": return bytes[..offset];
            case "append": return [.. bytes, 0];
            case "flip": bytes[offset] ^= (byte)(1 << bit); break;
            // A block that the disk never wrote; content that was zero anyway would not be damage.
            default: bytes.AsSpan(offset, Math.Min(512, bytes.Length - offset)).Fill(bytes[offset] == 0 ? (byte)1 : (byte)0); break;
        }
        return bytes;
    }

    private static CheckpointManifest Manifest(long sequence, CheckpointObject only) =>
        new() { Sequence = sequence, Step = 1, RunSpec = "{}", Objects = [only] };

    private static string CommitSmall(CheckpointStore store, long step, string? previous)
    {
        var shards = new[] { Initial(0, Chunk), Initial(Chunk, Layout.ElementCount) };
        var queue = new FeatureQueue(3, 2);
        var manifest = new CheckpointManifest
        {
            Sequence = CheckpointStore.SequenceOf(previous) + 1,
            Step = step,
            RunSpec = "{}",
            Objects = [.. shards.Select(shard => Checkpoint.PutShard(store, step, shard)), Checkpoint.PutQueue(store, step, queue)],
        };
        return store.Commit(manifest, previous);
    }

    private static ParameterShardState<float> Initial(long start, long end)
    {
        var (momentumStart, momentumEnd) = ParameterShardState<float>.MomentumRange(Layout, start, end);
        return new ParameterShardState<float>(Layout, start, end, DecayRule.All, Values(start, end), Values(momentumStart, momentumEnd));
    }

    private static ParameterShardState<float> Read(Checkpoint checkpoint, long start, long end) => checkpoint.ReadShard(Layout, start, end, DecayRule.All);

    private static void Advance(ParameterShardState<float>[] shards, int step)
    {
        foreach (var shard in shards) shard.Apply(Values(shard.Start + step, shard.End + step), Update);
    }

    private static float[] Values(long start, long end) => [.. Enumerable.Range(0, (int)(end - start)).Select(i => MathF.Sin(i + start))];
}
