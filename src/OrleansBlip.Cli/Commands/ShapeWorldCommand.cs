using System.CommandLine;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>shapeworld</c>: the embedded data set by itself, at either level.</summary>
internal static class ShapeWorldCommand
{
    /// <summary>Describes the command; <paramref name="write"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<ShapeWorldRequest, JobConsole, CancellationToken, Task<int>> write)
    {
        var folder = new Option<DirectoryInfo>("--out", "-o") { Description = "Folder of the world: a folder of shards for each split, and the truth in one of its own.", HelpName = "DIR" };
        folder.DefaultValueFactory = _ => new DirectoryInfo("shapeworld");
        var level = new Option<string>("--level") { Description = "grid: the demo's. free: up to four textured objects anywhere, for long runs.", DefaultValueFactory = _ => "grid" };
        level.AcceptOnlyFromAmong("grid", "free");
        var seed = JobOptions.Seed();
        var side = Count("--image-size", "Side of the pictures in pixels");
        var (clean, web) = (Count("--clean", "Pictures with human-made captions"), Count("--web", "Pictures with noisy texts"));
        var (val, test) = (Count("--val", "Pictures to choose sizes on"), Count("--test", "Pictures to compare models on"));
        var noise = JobOptions.Share("--noise", "Share of web texts that are no caption of their picture.", NoiseShares.UsualTotal);
        var command = new Command("shapeworld", "Write the embedded data set.") { folder, level, seed, side, clean, web, val, test, noise };
        command.SetAction((result, cancellation) =>
        {
            var drawnFrom = (ulong)result.GetValue(seed);
            var usual = result.GetValue(level) == "grid" ? ShapeWorldSpec.Grid(drawnFrom) : ShapeWorldSpec.Free(drawnFrom);
            var request = new ShapeWorldRequest
            {
                Out = result.GetValue(folder)!.FullName,
                Spec = usual with
                {
                    ImageSizePx = result.GetValue(side) ?? usual.ImageSizePx,
                    CleanCount = result.GetValue(clean) ?? usual.CleanCount,
                    WebCount = result.GetValue(web) ?? usual.WebCount,
                    ValCount = result.GetValue(val) ?? usual.ValCount,
                    TestCount = result.GetValue(test) ?? usual.TestCount,
                    Noise = NoiseShares.Of(result.GetValue(noise)),
                },
            };
            return write(request, JobConsole.For(result), cancellation);
        });
        return command;
    }

    private static Option<int?> Count(string name, string description) => new(name) { Description = $"{description}; the level has its own number.", HelpName = "N" };
}
