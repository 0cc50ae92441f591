using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>The demo's model with everything random about it switched on, on a small world.</summary>
public sealed class RealModelFixture : IDisposable
{
    public const int Steps = 5;

    private readonly Vocabulary _vocabulary;

    public RealModelFixture()
    {
        new ShapeWorldWriter(new ShapeWorldSpec { WebCount = 300, CleanCount = 20, ValCount = 0, TestCount = 0 }).Write(World);
        var trainer = new VocabularyTrainer();
        using var clean = PairSources.Open(PathOf("world/clean"));
        trainer.Add(clean);
        _vocabulary = trainer.Train(120);
        _vocabulary.Save(PathOf("vocab.txt"));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("blip-real").FullName;

    public string World => PathOf("world");

    /// <summary>Five slots of four samples; dropout and drop path 0.1, pictures shifted and relit.</summary>
    public RunRequest Request(string name, long seed = 1, int steps = Steps)
    {
        var template = Recipes.Grid(_vocabulary.Count, _vocabulary.Sha256, seed).Pretraining with { Steps = steps, SlotCount = 5, SlotSize = 4 };
        var model = JsonNode.Parse(template.Model)!;
        model["text"]!["dropout"] = 0.1;
        model["vision"]!["dropPathRate"] = 0.1;
        model["queueSize"] = 40;
        using var web = PairSources.Open(PathOf("world/web"));
        return new RunRequest
        {
            Spec = (template with { Model = model.ToJsonString() }).On(web.Digest, web.PairCount, initialWeightsSha256: null),
            Sources = new RunSources { Data = [PathOf("world/web")], Vocabulary = PathOf("vocab.txt") }.ToJson(),
            CheckpointFolder = PathOf(name),
        };
    }

    /// <summary>The same of a family that learns from questions with answers, sentences about two pictures or dialogues.</summary>
    public RunRequest Request(string name, string family, string list)
    {
        Directory.CreateDirectory(PathOf("pictures"));
        using (var clean = PairSources.Open(PathOf("world/clean")))
            for (var i = 0; i < clean.PictureCount; i++)
                File.WriteAllBytes(PathOf(family == "visdial" ? $"pictures/VisualDialog_val2018_{i:D12}.jpg" : $"pictures/{i}.jpg"), clean.ReadImage(i));
        File.WriteAllText(PathOf($"pictures/{name}.json"), list);
        var request = Request(name);
        var (model, data) = (JsonNode.Parse(request.Spec.Model)!, JsonNode.Parse(request.Spec.Data)!);
        model["family"] = family;
        data["texts"] = family switch { "nlvr" => "sentence", "visdial" => "dialogue", _ => "question" };
        using var source = PairSources.Open(PathOf($"pictures/{name}.json"));
        return request with
        {
            Spec = request.Spec with { Model = model.ToJsonString(), Data = data.ToJsonString(), DatasetDigest = source.Digest, SampleCount = source.PairCount },
            Sources = new RunSources { Data = [PathOf($"pictures/{name}.json")], Vocabulary = PathOf("vocab.txt") }.ToJson(),
        };
    }

    public async Task<string> PlainHashAsync(RunRequest request, int devices = 1) => (await PlainEndAsync(request, devices)).WeightsSha256;

    /// <summary>What a run must end with.</summary>
    internal async Task<PlainEnd> PlainEndAsync(RunRequest request, int devices = 1)
    {
        await using var pool = Devices(devices);
        return await PlainEnd.ComputeAsync(request, new BlipSlotComputerFactory(), pool);
    }

    public static DevicePool Devices(int count) => new(new DeviceOptions { DeviceCount = count }, _ => TorchThreads.Claim(1));

    /// <summary>Nodes; those of one process may share a factory, and with it data and parameters. A gate holds their devices.</summary>
    internal static Task<BlipCluster> StartClusterAsync(int nodes, bool shareFactory = false, int devices = 1, NodeGate? gate = null)
    {
        var shared = shareFactory ? new BlipSlotComputerFactory() : null;
        return BlipCluster.StartAsync(
            nodes,
            new BlipSiloOptions { ClusterId = Guid.NewGuid().ToString("N"), Devices = new DeviceOptions { DeviceCount = devices }, ClaimDevice = _ => TorchThreads.Claim(1) },
            services =>
            {
                if (gate is null) services.AddTorch(shared);
                else services.AddSingleton(provider => gate.Hold(shared ?? new BlipSlotComputerFactory(), provider.GetRequiredService<ILocalSiloDetails>().Name));
            });
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string PathOf(string name) => Path.Combine(Folder, name);
}
