using System.Text.Json.Nodes;
using OrleansBlip.Benchmarks.Training;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;

namespace OrleansBlip.Benchmarks.Speed;

/// <summary>A whole step of a pre-training by the plain loop: batches, three losses, gradients, their sum, AdamW, momentum weights, queue.</summary>
internal sealed class TrainingWork : ISpeedWork
{
    // BERT's words with [DEC] and [ENC]; small: as speed.md.
    private const int BaseWords = 30_524, SmallWords = 2_000;

    private readonly PlainLoop _loop;

    private TrainingWork(PlainLoop loop) => _loop = loop;

    public static async Task<TrainingWork> CreateAsync(SpeedCase one, string folder, DevicePool devices)
    {
        var paths = new DemoPaths(Path.Combine(folder, "world"));
        var words = BenchmarkWorld.Draw(paths, ShapeWorldSpec.Free() with { ImageSizePx = 64, WebCount = 2_000, CleanCount = 100, ValCount = 0, TestCount = 0 });
        var template = one.IsBase ? Recipes.Base(BaseWords, words.Sha256, seed: 0).Pretraining : Recipes.Small(SmallWords, words.Sha256, seed: 0).Pretraining;
        var data = JsonNode.Parse(template.Data)!;
        data["tokensMax"] = one.IsBase ? 30 : 20;
        data["padding"] = "maxLength";
        template = template with { Data = data.ToJsonString(), SlotCount = devices.Count, SlotSize = one.Samples / devices.Count };
        var request = new TrainingCase(one.Name, template, paths.Root).Request(Path.Combine(folder, "checkpoints"), steps: 1_000);
        return new TrainingWork(await PlainLoop.CreateAsync(request, new BlipSlotComputerFactory(), devices));
    }

    public Task CallAsync() => _loop.StepAsync();

    public ValueTask DisposeAsync() => _loop.DisposeAsync();
}
