using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Tests.Wire;

/// <summary>One instance of each message of CapFilt, every member set.</summary>
internal static class BootstrapSamples
{
    private static readonly TrainingTemplate Template = new()
    {
        Model = """{"family":"captioner"}""", Data = """{"imageSize":48}""", Optimizer = """{"alpha":{}}""", Seed = 3, Steps = 100, SlotCount = 2, SlotSize = 32, ThreadsPerDevice = 2,
    };

    private static readonly CaptionSettings Settings = new() { TopP = 0.8, TopK = 50, RepetitionPenalty = 1.1, LengthMin = 2, LengthMax = 20, Seed = 9 };
    private static readonly ModelReference Model = new("models/captioner", new string('a', 64));
    private static readonly DataReference Data = new("data/web", new string('b', 64));
    private static readonly PictureRange Pictures = new(256, 2);
    private static readonly BootstrapStage Stage = new(2, BootstrapPhase.Filtering);
    private static readonly WrittenCaption Written = new() { Text = "a red circle", LogProbability = -2.5, Problem = "no picture" };
    private static readonly TextScore Score = new(0.75, 1.5, 0.25);
    private static readonly CaptionBlock Captions = new() { Pictures = Pictures, Captions = [Written, new WrittenCaption { Text = "a square" }] };
    private static readonly BootstrapCounts Counts = new() { Pictures = 6, Quarantined = 1, WebKept = 2, WebRejected = 3, SyntheticKept = 4, SyntheticRejected = 1 };
    private static readonly BootstrapEvent Event = new() { Number = 7, Stage = Stage, Text = "begins" };

    private static readonly BootstrapRound Round = new()
    {
        Round = 1, Pretrained = Model, Captioner = Model, Filter = Model, Counts = Counts, Dataset = "round1/dataset", DatasetDigest = new string('d', 64),
    };

    private static readonly BootstrapStatus Status = new()
    {
        State = BootstrapState.Running, Stage = Stage, TrainingRun = new RunId("job-round1-filter"), PicturesDone = 3, PictureCount = 6, Rounds = [Round], Problem = "none",
        Waits = "a disk",
    };

    public static IReadOnlyList<object> All { get; } =
    [
        BootstrapPhase.Publishing, BootstrapState.Pausing, BootstrapArm.Random, Stage, Template, Settings, Model, Data, Pictures, new InferenceDevice(new NodeName("node-1"), 1),
        new BootstrapRequest
        {
            Web = "web", Clean = "clean", Vocabulary = "vocab.txt", Pretraining = Template, Captioner = Template, Filter = Template, Rounds = 2, Threshold = 0.4, Captions = Settings,
            Arms = [BootstrapArm.Filter, BootstrapArm.Random], OutputFolder = "out", CheckpointInterval = 50, ShardCount = 2, Backups = 0, Initial = Model,
        },
        Round, Counts, Status, Event, new BootstrapProgress { Status = Status, Events = [Event] },
        new CaptionLease { Model = Model, Data = Data, Pictures = Pictures, Round = 1, Settings = Settings }, Captions, Written,
        new ScoreLease { Model = Model, Data = Data, Captions = Captions }, new ScoreBlock { Pictures = Pictures, Scores = [[Score, Score], []] }, Score,
    ];
}
