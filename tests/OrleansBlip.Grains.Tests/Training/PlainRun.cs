using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>What a run consists of where a test does not ask for more.</summary>
internal static class PlainRun
{
    /// <summary>Ten steps of one slot of one sample, of which there are a hundred.</summary>
    public static RunSpec Spec { get; } = new()
    {
        Model = "{}",
        Data = "{}",
        Optimizer = "{}",
        DatasetDigest = new string('0', 64),
        SampleCount = 100,
        Seed = 1,
        Steps = 10,
        SlotCount = 1,
        SlotSize = 1,
    };
}
