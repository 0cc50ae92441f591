using OrleansBlip.Data.Sources;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Binds a training to the data that it finds.</summary>
internal static class SourceDigest
{
    /// <summary>The run of <paramref name="template"/> on the data sets of <paramref name="sources"/>, from their initial model or else the seed's weights.</summary>
    public static RunSpec On(TrainingTemplate template, RunSources sources, Action<PairSource>? look = null)
    {
        using PairSource source = sources.Open();
        look?.Invoke(source);
        return template.On(source.Digest, source.PairCount, sources.InitialModel is { } model ? ModelFolder.Open(model).WeightsSha256 : null);
    }
}
