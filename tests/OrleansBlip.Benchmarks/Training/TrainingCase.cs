using System.Text.Json.Nodes;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>A pre-training to be measured, with its data.</summary>
internal sealed record TrainingCase(string Name, TrainingTemplate Template, string Folder)
{
    private readonly DemoPaths _paths = new(Folder);

    /// <summary>The sizes that there are.</summary>
    public static string[] Names { get; } = ["demo", "pretrain-small"];

    /// <summary>One of them, with its world in a folder of <paramref name="folder"/>.</summary>
    public static TrainingCase Of(string name, string folder) => name == Names[0] ? Demo(Path.Combine(folder, "demo")) : Small(Path.Combine(folder, "small"));

    /// <summary>The demo's pre-training on its own world, which is drawn in <paramref name="folder"/> when it is not there.</summary>
    public static TrainingCase Demo(string folder)
    {
        var vocabulary = BenchmarkWorld.Draw(new DemoPaths(folder), ShapeWorldSpec.Grid());
        return new TrainingCase("demo", Recipes.Grid(vocabulary.Count, vocabulary.Sha256, seed: 0).Pretraining, folder);
    }

    /// <summary>A model of pretrain-small's size (reference/speed.md) on 64-pixel pictures of the free world: 8 million parameters.</summary>
    public static TrainingCase Small(string folder)
    {
        var vocabulary = BenchmarkWorld.Draw(new DemoPaths(folder), ShapeWorldSpec.Free() with { ImageSizePx = 64, WebCount = 2_000, CleanCount = 100, ValCount = 0, TestCount = 0 });
        var template = Recipes.Small(vocabulary.Count, vocabulary.Sha256, seed: 0).Pretraining;
        var data = JsonNode.Parse(template.Data)!;
        data["tokensMax"] = 20;
        data["padding"] = "maxLength";
        return new TrainingCase("pretrain-small", template with { Data = data.ToJsonString(), SlotCount = 2, SlotSize = 32 }, folder);
    }

    /// <summary>The same with the activations of each image block computed again in the backward pass (gradient checkpointing).</summary>
    public TrainingCase Recomputed()
    {
        var model = JsonNode.Parse(Template.Model)!;
        model["vision"]!["checkpointedBlocks"] = (int)model["vision"]!["depth"]!;
        return this with { Template = Template with { Model = model.ToJsonString() } };
    }

    /// <summary>The run over so many steps, without checkpoints but the last.</summary>
    public RunRequest Request(string checkpoints, long steps)
    {
        var sources = new RunSources { Data = [_paths.Web, _paths.Clean], Vocabulary = _paths.Vocabulary };
        return new RunRequest { Spec = SourceDigest.On(Template with { Steps = steps }, sources), Sources = sources.ToJson(), CheckpointFolder = checkpoints };
    }
}
