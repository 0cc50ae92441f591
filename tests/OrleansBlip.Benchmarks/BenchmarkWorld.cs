using OrleansBlip.Cli.Jobs;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Benchmarks;

/// <summary>A world to measure on, laid out as the demo's.</summary>
internal static class BenchmarkWorld
{
    /// <summary>Draws the world, unless it is there, and trains its vocabulary.</summary>
    public static Vocabulary Draw(DemoPaths paths, ShapeWorldSpec spec, CancellationToken cancellation = default)
    {
        var writer = new ShapeWorldWriter(spec);
        if (!writer.IsWrittenTo(paths.World)) writer.Write(paths.World, cancellation: cancellation);
        return Vocabularies.LoadOrTrain(paths.Vocabulary, [paths.Clean, paths.Web], Vocabularies.EntriesMaxOfShapeWorld);
    }
}
