using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Tests.Bootstrapping;

/// <summary>Requests for tests that train nothing.</summary>
internal static class Requests
{
    private static readonly TrainingTemplate Template = new() { Model = "{}", Data = "{}", Optimizer = "{}", Seed = 1, Steps = 10, SlotCount = 1, SlotSize = 2 };

    public static BootstrapRequest Job(int rounds = 1) => new()
    {
        Web = "web",
        Clean = "clean",
        Vocabulary = "vocab.txt",
        Pretraining = Template,
        Captioner = Template,
        Filter = Template,
        Rounds = rounds,
        OutputFolder = "out",
    };
}
