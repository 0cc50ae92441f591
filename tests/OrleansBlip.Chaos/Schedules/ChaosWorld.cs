using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>A small world, a small BLIP with everything random about it switched on, and what undisturbed runs of it end with.</summary>
internal sealed class ChaosWorld : IDisposable
{
    private readonly Vocabulary _vocabulary;
    private readonly ConcurrentDictionary<string, Task<UndisturbedRun>> _undisturbed = new();
    private readonly string _digest;
    private readonly long _pairs;

    /// <summary>Draws the world in a folder that goes with it.</summary>
    public ChaosWorld()
    {
        new ShapeWorldWriter(new ShapeWorldSpec { WebCount = 200, CleanCount = 20, ValCount = 0, TestCount = 0 }).Write(PathOf("world"));
        var trainer = new VocabularyTrainer();
        using var clean = PairSources.Open(PathOf("world/clean"));
        trainer.Add(clean);
        _vocabulary = trainer.Train(120);
        _vocabulary.Save(PathOf("vocab.txt"));
        using var web = PairSources.Open(PathOf("world/web"));
        (_digest, _pairs, Sample) = (web.Digest, web.PairCount, web.ReadPicture(0).ImageId);
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("blip-chaos").FullName;

    /// <summary>One of its samples.</summary>
    public long Sample { get; }

    /// <summary>A run of a schedule: less than 50,000 parameters, dropout and drop path 0.1, pictures shifted and relit, a queue, momentum weights.</summary>
    public RunRequest Request(Schedule schedule)
    {
        var request = Request(schedule.StepCount, schedule.SlotCount, slotSize: 3);
        return request with
        {
            Spec = request.Spec with { GradientPrecision = schedule.Precision },
            CheckpointFolder = PathOf($"checkpoints-{schedule.Seed}-{schedule.Number}"),
            CheckpointInterval = schedule.Interval,
            ShardCount = schedule.ShardCount,
            Backups = schedule.Backups,
        };
    }

    /// <summary>A run of that model.</summary>
    public RunRequest Request(long steps, int slotCount, int slotSize)
    {
        var template = Recipes.Grid(_vocabulary.Count, _vocabulary.Sha256, seed: 1).Pretraining with { Steps = steps, SlotCount = slotCount, SlotSize = slotSize };
        var model = JsonNode.Parse(template.Model)!;
        foreach (var (part, depth) in new[] { ("vision", 2), ("text", 1) }) (model[part]!["width"], model[part]!["depth"]) = (16, depth);
        model["text"]!["feedForwardWidth"] = 32;
        model["text"]!["dropout"] = 0.1;
        model["vision"]!["dropPathRate"] = 0.1;
        model["featureWidth"] = 16;
        model["queueSize"] = 40;
        return new RunRequest
        {
            Spec = (template with { Model = model.ToJsonString() }).On(_digest, _pairs, initialWeightsSha256: null),
            Sources = new RunSources { Data = [PathOf("world/web")], Vocabulary = PathOf("vocab.txt") }.ToJson(),
            CheckpointFolder = PathOf("checkpoints"),
        };
    }

    /// <summary>What the plain loop does with the same run and the same amendments.</summary>
    public Task<UndisturbedRun> UndisturbedAsync(RunRequest request, params ImmutableArray<Amendment> amendments) =>
        _undisturbed.GetOrAdd($"{request.Spec.ToCanonicalJson()} {string.Join(' ', amendments)}", _ => RunPlainAsync(request, new StepNumber(request.Spec.Steps), amendments));

    /// <summary>What the plain loop has done with the same run before a step.</summary>
    public Task<UndisturbedRun> UndisturbedAsync(RunRequest request, StepNumber end) => RunPlainAsync(request, end, []);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static async Task<UndisturbedRun> RunPlainAsync(RunRequest request, StepNumber end, ImmutableArray<Amendment> amendments)
    {
        await using var pool = new DevicePool(new DeviceOptions { DeviceCount = 1 }, _ => TorchThreads.Claim(1));
        var factory = new BlipSlotComputerFactory();
        await using var loop = await PlainLoop.CreateAsync(request, factory, pool, amendments);
        var steps = ImmutableArray.CreateBuilder<PlainStep>();
        while (loop.Step < end) steps.Add(await loop.StepAsync());
        var layout = factory.Describe(request).Layout;
        return new UndisturbedRun(layout, loop.WeightsSha256, loop.OptimizerSha256, steps.ToImmutable());
    }

    private string PathOf(string name) => Path.Combine(Folder, name);
}
