using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Tests.Training.Checkpoints;

/// <summary>A damaged checkpoint harms nobody who did not ask for that very one, and whoever did is told of it.</summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private static readonly ParameterLayout Layout = new([new ParameterEntry { Name = "w", Shape = [100], Offset = 0, Length = 100 }]);

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-damage").FullName;
    private readonly CheckpointStore _store;

    public DamagedCheckpointTests() => _store = new CheckpointStore(_folder);

    public static TheoryData<string> Damages => ["manifest torn", "manifest empty", "object torn", "object flipped", "object missing"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Damages))]
    public void Prune_DamagedBetweenIntactOnes_CountsForNone(string damage)
    {
        Commit(10);
        Commit(20);
        Damage(20, damage);
        Commit(30);
        Assert.Contains("step20", Assert.Single(_store.Prune(keep: 2)), StringComparison.Ordinal);
        Assert.Equal([10, 20, 30], Steps());
        Assert.Equal([10, 30], IntactSteps());

        // Once two intact ones are newer it goes, and all that was its.
        Commit(40);
        Assert.Empty(_store.Prune(keep: 2));
        Assert.Equal([30, 40], Steps());
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "objects")).Length);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Prune_NewestDamaged_KeepsTheIntactOnesBeforeIt(string damage)
    {
        foreach (long step in new long[] { 10, 20, 30, 40 }) Commit(step);
        Damage(40, damage);
        Assert.Contains("step40", Assert.Single(_store.Prune(keep: 2)), StringComparison.Ordinal);
        Assert.Equal([20, 30], IntactSteps());
        Assert.Equal([20, 30, 40], Steps());
        using var newest = _store.OpenNewest()!;
        Assert.Equal(30, newest.Manifest.Step);

        Commit(50);
        Commit(60);
        Assert.Empty(_store.Prune(keep: 2));
        Assert.Equal([50, 60], Steps());
    }

    [Fact]
    public void Prune_NoneIntact_DeletesNothing()
    {
        foreach (long step in new long[] { 10, 20, 30 }) Commit(step);
        Damage(10, "object torn");
        Damage(20, "manifest torn");
        Damage(30, "object flipped");
        Assert.Equal(3, _store.Prune(keep: 1).Count);
        Assert.Equal([10, 20, 30], Steps());
        Assert.Equal(3, Directory.GetFiles(Path.Combine(_folder, "objects")).Length);
        string problem = Assert.Throws<CheckpointException>(() => _store.OpenNewest()).Message;
        Assert.All(new[] { "step10", "step20", "step30", "choose another folder" }, text => Assert.Contains(text, problem, StringComparison.Ordinal));
        Assert.Contains("step20", Assert.Throws<CheckpointException>(_store.OpenLast).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prune_FilesOfOthersBesideIt_LeavesThem()
    {
        Commit(10);
        string[] others = [Path.Combine(_folder, "objects", "notes.txt"), Path.Combine(_folder, "manifests", "copy.manifest")];
        foreach (string other in others) File.WriteAllText(other, "mine");
        Commit(20);
        Assert.Empty(_store.Prune(keep: 1));
        Assert.All(others, other => Assert.True(File.Exists(other)));
        Assert.Equal([20], IntactSteps());
    }

    [Fact]
    public void Discard_OfWhatSomeManifestNames_LeavesIt()
    {
        Commit(10);
        Commit(20);
        Commit(30);
        Damage(20, "manifest torn");
        var orphan = _store.Put(40, "shard", stream => stream.WriteByte(1));
        string[] objects = [.. Directory.GetFiles(Path.Combine(_folder, "objects")).Select(path => Path.GetFileName(path))];
        _store.Discard(objects);
        _store.Discard([orphan.Name]);
        Assert.Equal(objects.Where(name => name != orphan.Name).Order(), Directory.GetFiles(Path.Combine(_folder, "objects")).Select(path => Path.GetFileName(path)).Order());
        Assert.Equal([10, 30], IntactSteps());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no such manifest")]
    [InlineData("../latest")]
    public void Commit_AfterThePointerWasDamaged_FollowsTheNewest(string pointer)
    {
        Commit(10);
        Commit(20);
        File.WriteAllText(Path.Combine(_folder, "latest"), pointer);
        Assert.StartsWith("00000003-step30-", Commit(30), StringComparison.Ordinal);
        using var newest = _store.OpenNewest()!;
        Assert.Equal(30, newest.Manifest.Step);
        Assert.Empty(newest.Rejected);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Commit_AfterADamagedOne_BecomesTheNewest(string damage)
    {
        Commit(10);
        Damage(10, damage);
        Assert.StartsWith("00000002-step20-", Commit(20), StringComparison.Ordinal);
        using var newest = _store.OpenNewest()!;
        Assert.Equal(20, newest.Manifest.Step);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Opening_WithADamagedOneThere_PassesItOver(string damage)
    {
        string sha256 = "";
        foreach (long step in new long[] { 10, 20, 30 }) Commit(step);
        using (var second = _store.OpenOf(20)) sha256 = second.ManifestSha256;
        Damage(30, damage);

        using var last = _store.OpenLast();
        using var before = _store.FindBefore(35)!;
        using var named = _store.OpenOf(20);
        using var known = _store.OpenBySha256(sha256);
        Assert.All(new[] { last, before, named, known }, checkpoint => Assert.Equal(20, checkpoint.Manifest.Step));
        Assert.All(new[] { last, before }, checkpoint => Assert.Contains("step30", Assert.Single(checkpoint.Rejected), StringComparison.Ordinal));
        Assert.Empty(named.Rejected);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Opening_OfTheDamagedOneItself_SaysSo(string damage)
    {
        string sha256;
        Commit(10);
        Commit(20);
        using (var second = _store.OpenOf(20)) sha256 = second.ManifestSha256;
        Damage(20, damage);
        string ofStep = Assert.Throws<CheckpointException>(() => _store.OpenOf(20)).Message;
        Assert.StartsWith($"There is no intact checkpoint of step 20 in '{_folder}', only of 10. 00000002-step20-", ofStep, StringComparison.Ordinal);
        string ofHash = Assert.Throws<CheckpointException>(() => _store.OpenBySha256(sha256)).Message;
        Assert.Contains("00000002-step20-", ofHash, StringComparison.Ordinal);
        Assert.Contains("damaged", ofHash, StringComparison.Ordinal);
    }

    [Fact]
    public void FindBefore_AllBeforeDamaged_IsNullAndNamesThem()
    {
        Commit(10);
        Commit(20);
        Damage(10, "manifest torn");
        List<string> rejected = [];
        Assert.Null(_store.FindBefore(15, rejected));
        Assert.StartsWith("00000001-step10-", Assert.Single(rejected), StringComparison.Ordinal);
    }

    private string Commit(long step)
    {
        var state = new ParameterShardState<float>(Layout, 0, 100, DecayRule.All, Enumerable.Repeat((float)step, 100).ToArray(), []);
        var item = Checkpoint.PutShard(_store, step, state);
        string? previous = _store.Latest;
        return _store.Commit(new CheckpointManifest { Sequence = CheckpointStore.SequenceOf(previous) + 1, Step = step, RunSpec = "{}", Objects = [item] }, previous);
    }

    private void Damage(long step, string damage)
    {
        bool isManifest = damage.StartsWith("manifest", StringComparison.Ordinal);
        string path = isManifest
            ? Assert.Single(Directory.GetFiles(Path.Combine(_folder, "manifests"), $"*-step{step}-*"))
            : Assert.Single(Directory.GetFiles(Path.Combine(_folder, "objects"), $"{step:D10}-*"));
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        if (damage.EndsWith("torn", StringComparison.Ordinal)) File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        if (damage.EndsWith("empty", StringComparison.Ordinal)) File.WriteAllBytes(path, []);
        if (!damage.EndsWith("flipped", StringComparison.Ordinal)) return;
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private long[] Steps() => [.. Directory.GetFiles(Path.Combine(_folder, "manifests")).Select(path => long.Parse(Path.GetFileName(path).Split('-')[1]["step".Length..], System.Globalization.CultureInfo.InvariantCulture)).Order()];

    private long[] IntactSteps()
    {
        List<long> steps = [];
        for (long step = long.MaxValue; _store.FindBefore(step) is { } found; step = steps[^1] - 1)
        {
            steps.Add(found.Manifest.Step);
            found.Dispose();
        }
        return [.. steps.Order()];
    }
}
