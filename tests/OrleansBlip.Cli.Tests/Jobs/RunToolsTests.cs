using System.Net;
using System.Text.Json.Nodes;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Cli.Tests.Nodes;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>What one asks before a training, and what one asks of it afterwards: estimate, doctor, replay, fork.</summary>
public sealed class RunToolsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-tools").FullName;
    private readonly StringWriter _error = new();

    [Fact]
    public async Task Replay_OfAStep_GivesTheTrainingsBitsAgain()
    {
        WriteWorld();
        var trained = await JsonAsync("train", PathOf("world/clean"), "--recipe", "grid", "--steps", "6", "--checkpoint-interval", "2", "--out", PathOf("run"));
        var replayed = await JsonAsync("replay", PathOf("run"), "--step", "5");
        Assert.Equal(("apply", 4, true), ((string)replayed["verdict"]!, (long)replayed["from"]!, (bool)replayed["isAsInCheckpoint"]!));
        Assert.Equal((string)trained["weightsSha256"]!, (string)replayed["weightsSha256"]!);
        Assert.Equal([0, 1], replayed["slots"]!.AsArray().Select(slot => (int)slot!["slot"]!));
        Assert.All(replayed["slots"]!.AsArray(), slot => Assert.Equal(32, slot!["sampleIds"]!.AsArray().Count));
        AssertSamplesAreNamed(replayed["slots"]!.AsArray());
        Assert.True((double)replayed["gradientNorm"]! > 0);

        // Two checkpoints are kept: the first steps are computed from the seed.
        Assert.Equal(0, (long)(await JsonAsync("replay", PathOf("run"), "--step", "3"))["from"]!);
        Assert.Equal(ExitCode.Usage, await RunAsync("replay", PathOf("run"), "--step", "6"));
        Assert.Equal(ExitCode.Failed, await RunAsync("replay", PathOf("world"), "--step", "0"));
        Assert.Contains("holds no checkpoints", _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("world/manifests")));
    }

    [Fact]
    public async Task Replay_OfAStepThatTheTrainingCameToLeaveOut_LeavesItOut()
    {
        WriteWorld();
        await JsonAsync("train", PathOf("world/clean"), "--recipe", "grid", "--steps", "6", "--checkpoint-interval", "2", "--out", PathOf("run"));
        // As after a rollback to step 4, whose own checkpoint does not know of it.
        var store = CheckpointStore.OfJob(PathOf("run"));
        using (var last = store.OpenLast())
        {
            Assert.Equal(6, last.Manifest.Step);
            store.Commit(last.Manifest with { Sequence = last.Manifest.Sequence + 1, Amendments = [new Amendment { From = new(4), End = new(6), Reason = "the gradients were not finite" }] }, store.Latest);
        }
        var replayed = await JsonAsync("replay", PathOf("run"), "--step", "4");
        Assert.Equal(("omitted", 4), ((string)replayed["verdict"]!, (long)replayed["from"]!));
        Assert.Empty(replayed["slots"]!.AsArray());
    }

    [Fact]
    public async Task Fork_OfATraining_GoesOnWithItsCheckpoint()
    {
        WriteWorld();
        var whole = await JsonAsync("train", PathOf("world/clean"), "--recipe", "grid", "--steps", "4", "--checkpoint-interval", "2", "--out", PathOf("run"));
        string[] fork = ["train", PathOf("world/clean"), "--vocabulary", PathOf("run/vocab.txt"), "--recipe", "grid", "--fork", PathOf("run")];
        var forked = await JsonAsync([.. fork, "--fork-step", "2", "--steps", "4", "--out", PathOf("fork")]);
        Assert.Equal((string)whole["weightsSha256"]!, (string)forked["weightsSha256"]!);
        Assert.Equal(ExitCode.NotFound, await RunAsync("replay", PathOf("fork"), "--step", "1"));
        Assert.Equal(ExitCode.Failed, await RunAsync([.. fork, "--fork-step", "3", "--out", PathOf("no")]));
        Assert.Contains("There is no checkpoint of step 3", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(PathOf("no")));
    }

    [Fact]
    public async Task ReplayAndFork_BesideATornCheckpoint_GoOnWithoutIt()
    {
        WriteWorld();
        var trained = await JsonAsync("train", PathOf("world/clean"), "--recipe", "grid", "--steps", "6", "--checkpoint-interval", "2", "--out", PathOf("run"));
        TearManifestOf(step: 4);
        var replayed = await JsonAsync("replay", PathOf("run"), "--step", "5");
        Assert.Equal((0, true, (string)trained["weightsSha256"]!), ((long)replayed["from"]!, (bool)replayed["isAsInCheckpoint"]!, (string)replayed["weightsSha256"]!));
        string[] fork = ["train", PathOf("world/clean"), "--vocabulary", PathOf("run/vocab.txt"), "--recipe", "grid", "--fork", PathOf("run"), "--steps", "7"];
        await JsonAsync([.. fork, "--fork-step", "6", "--out", PathOf("fork")]);
        Assert.Equal(ExitCode.Failed, await RunAsync([.. fork, "--fork-step", "4", "--out", PathOf("no")]));
        Assert.Contains("There is no intact checkpoint of step 4", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("-step4-", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_WithSettingsBesideTheRecipe_MakesThatRun()
    {
        WriteWorld();
        string[] train = ["train", PathOf("world/clean"), "--recipe", "grid", "--steps", "4", "--checkpoint-interval", "1"];
        var plain = await JsonAsync([.. train, "--out", PathOf("plain")]);
        train = [.. train, "--vocabulary", PathOf("plain/vocab.txt")];
        // Neither changes a bit of the weights.
        var same = await JsonAsync([.. train, "--checkpointed-blocks", "2", "--shards", "3", "--checkpoints-kept", "1", "--skips-in-row", "1", "--out", PathOf("same")]);
        Assert.Equal((string)plain["weightsSha256"]!, (string)same["weightsSha256"]!);
        Assert.Equal((2, 3), (ShardsOf("plain"), ShardsOf("same")));
        Assert.Single(Directory.GetFiles(PathOf("same/checkpoints/manifests")));
        Assert.Contains("\"checkpointedBlocks\":2", SpecOf("same").Model, StringComparison.Ordinal);
        Assert.DoesNotContain("checkpointedBlocks", SpecOf("plain").Model, StringComparison.Ordinal);

        var other = await JsonAsync([.. train, "--slots-per-step", "3", "--clip-norm", "0.25", "--out", PathOf("other")]);
        Assert.NotEqual((string)plain["weightsSha256"]!, (string)other["weightsSha256"]!);
        Assert.Equal((2, 3), (SpecOf("plain").SlotCount, SpecOf("other").SlotCount));
        Assert.Equal([1.0, 0.25], new[] { "plain", "other" }.Select(name => TrainingSettings.FromJson(SpecOf(name).Optimizer).Optimizer.ClipNorm ?? 0));

        Assert.Equal(ExitCode.Usage, await RunAsync([.. train, "--checkpointed-blocks", "3", "--out", PathOf("no")]));
        Assert.Contains("--checkpointed-blocks is 3; the recipe's image encoder has 2 blocks", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_ACaptionerWithAPrompt_KeepsItWithTheModelAndLearnsWhatFollows()
    {
        WriteWorld();
        string[] train = ["train", PathOf("world/clean"), "--recipe", "grid", "--family", "captioner", "--steps", "1"];
        var plain = await JsonAsync([.. train, "--out", PathOf("plain")]);
        var prompted = await JsonAsync([.. train, "--vocabulary", PathOf("plain/vocab.txt"), "--prompt", "a red ", "--out", PathOf("prompted")]);
        var model = ModelFolder.Open(PathOf("prompted/model"));
        Assert.Equal(("a red ", 3, 1), (model.DataSpec.Prompt, model.Spec.PromptLength, ModelFolder.Open(PathOf("plain/model")).Spec.PromptLength));
        Assert.NotEqual((string)plain["weightsSha256"]!, (string)prompted["weightsSha256"]!);

        Assert.Equal(ExitCode.Usage, await RunAsync([.. train, "--prompt", string.Join(' ', Enumerable.Repeat("red", 100)), "--out", PathOf("long")]));
        Assert.Contains("--prompt has 100 tokens", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await RunAsync("train", PathOf("world/clean"), "--recipe", "grid", "--prompt", "a red ", "--out", PathOf("no")));
        Assert.Contains("only a captioner's texts begin with one", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForkStep_WithoutATraining_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await RunAsync("train", "a", "--fork-step", "3", "--out", PathOf("no")));
        Assert.Contains("--fork-step is given without --fork", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_WithoutADatabase_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await RunAsync("db", "migrate", "--database", ""));
        Assert.Contains("give --database, or set ORLEANSBLIP_DATABASE", _error.ToString(), StringComparison.Ordinal);
    }

    [ProcessesFact]
    public async Task Migrate_OfAnEmptyDatabase_MakesItOneForNodes()
    {
        await using var server = await LocalPostgres.StartAsync();
        await Assert.ThrowsAsync<IOException>(() => PostgresStorage.CheckAsync(server.Connection, default));
        foreach (string time in new[] { "first", "again" })
            Assert.Equal((time, PostgresStorage.SchemaVersion), (time, (int)(await JsonAsync("db", "migrate", "--database", server.Connection))["schemaVersion"]!));
        await PostgresStorage.CheckAsync(server.Connection, default);
    }

    [Fact]
    public async Task Estimate_OfATraining_LeavesNothingBehind()
    {
        WriteWorld();
        var estimate = await JsonAsync("estimate", PathOf("world/clean"), "--recipe", "grid", "--steps", "1000", "--nodes", "2");
        Assert.Equal((2, 1000, 64), ((int)estimate["nodes"]!, (int)estimate["steps"]!, (int)estimate["samplesPerStep"]!));
        Assert.True((double)estimate["secondsPerStep"]! > 0 && (long)estimate["sentBytesPerStep"]! > 0 && (long)estimate["checkpointBytes"]! > 1_000_000);
        var alone = await JsonAsync("estimate", PathOf("world/clean"), "--recipe", "grid", "--nodes", "2", "--backups", "0");
        Assert.Equal((long)estimate["shardBytesPerNode"]!, 2 * (long)alone["shardBytesPerNode"]!);
        Assert.Equal(["world"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Doctor_OnAMachineThatRunsTests_FindsItFine()
    {
        var report = await JsonAsync("doctor", "--out", _folder, "--device", "cpu");
        Assert.True((bool)report["isFine"]!);
        Assert.Equal(["libtorch", "devices", "pictures", "cluster", "database", "ports", "disk", "memory", "videos"], report["findings"]!.AsArray().Select(finding => (string)finding!["what"]!));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Doctor_OfAPortInUseAndADatabaseThatIsNotThere_SaysBoth()
    {
        using var taken = BlipSilo.Listen(IPAddress.Loopback, 0);
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var output = new StringWriter();
        string[] database = ["--database", "Host=127.0.0.1;Port=1;Username=me;Password=secret"];
        Assert.Equal(ExitCode.Failed, await RunAsync(output, ["doctor", "--out", _folder, "--device", "cpu", "--gateway-port", $"{port}", .. database, "--json"]));
        var broken = JsonNode.Parse(output.ToString())!["findings"]!.AsArray().Where(finding => finding!["isFine"] is { } isFine && !(bool)isFine).ToDictionary(finding => (string)finding!["what"]!, finding => (string)finding!["finding"]!);
        Assert.Equal(["database", "ports"], broken.Keys.Order());
        Assert.Contains($"cannot listen at port {port}", broken["ports"], StringComparison.Ordinal);
        Assert.StartsWith("The database cannot be used", broken["database"], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OfAFolderThatIsNotThere_SaysWhatIsBroken()
    {
        var output = new StringWriter();
        Assert.Equal(ExitCode.Failed, await RunAsync(output, "doctor", "--out", "/proc/nowhere", "--device", "cpu"));
        Assert.Contains("broken", output.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void AssertSamplesAreNamed(JsonArray slots)
    {
        using var data = PairSources.Open(PathOf("world/clean"));
        foreach (var slot in slots)
        {
            var ids = slot!["sampleIds"]!.AsArray().Select(id => (long)id!);
            var places = ids.Select(id => (Id: id, Place: data.Locate((int)id))).ToArray();
            var expected = places.Select(found => (found.Id, data.ReadPicture(found.Place.Picture).Key, data.ReadPicture(found.Place.Picture).Captions[found.Place.Caption].Text));
            Assert.Equal(expected, slot["samples"]!.AsArray().Select(sample => ((long)sample!["id"]!, (string)sample["picture"]!, (string)sample["text"]!)));
        }
    }

    private void WriteWorld() => new ShapeWorldWriter(new ShapeWorldSpec { WebCount = 0, CleanCount = 80, ValCount = 0, TestCount = 0 }).Write(PathOf("world"));

    private int ShardsOf(string job)
    {
        using var last = CheckpointStore.OfJob(PathOf(job)).OpenLast();
        return last.Manifest.Objects.Count(item => item.Name.Contains("-shard-", StringComparison.Ordinal));
    }

    private RunSpec SpecOf(string job)
    {
        using var last = CheckpointStore.OfJob(PathOf(job)).OpenLast();
        return RunSpec.FromJson(last.Manifest.RunSpec);
    }

    private void TearManifestOf(long step)
    {
        var path = Assert.Single(Directory.GetFiles(PathOf("run/checkpoints/manifests"), $"*-step{step}-*"));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..100]);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private async Task<JsonNode> JsonAsync(params string[] arguments)
    {
        var output = new StringWriter();
        Assert.True(await RunAsync(output, [.. arguments, "--json"]) == 0, _error.ToString());
        return JsonNode.Parse(output.ToString())!;
    }

    private Task<int> RunAsync(params string[] arguments) => RunAsync(new StringWriter(), arguments);

    private Task<int> RunAsync(StringWriter output, params string[] arguments)
    {
        BlipRootCommand root = [TrainCommand.Create(TrainJob.RunAsync), ReplayCommand.Create(ReplayJob.RunAsync), EstimateCommand.Create(EstimateJob.RunAsync), DoctorCommand.Create(DoctorJob.RunAsync), DbCommand.Create(DbJob.MigrateAsync)];
        return CommandRunner.RunAsync(root, [.. arguments, "--quiet"], output, _error);
    }
}
