using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Tests.Wire;

/// <summary>One instance of each message, every member set.</summary>
internal static class Samples
{
    private static readonly TrainerId Trainer = new(new NodeName("node-1"), 2);
    private static readonly Incarnation Life = new(new Guid("00112233-4455-6677-8899-aabbccddeeff"));
    private static readonly ViewNumber View = new(3);
    private static readonly StepNumber Step = new(41);
    private static readonly FloatBlock Floats = new(new[] { 1f, -2.5f });
    private static readonly SlotReport Report = new() { Slot = 1, Losses = [new SlotLoss("itc", 0.5)], Finite = false, SampleIds = [7, 8] };

    private static Amendment Amendment { get; } = new() { From = Step, End = new StepNumber(45), Reason = "not finite", Slot = 3 };

    public static RunSpec Spec { get; } = new()
    {
        Model = """{"width":192,"parts":["vision","text"]}""",
        Data = """{"side":48}""",
        Optimizer = """{"peak":1e-3}""",
        DatasetDigest = new string('a', 64),
        SampleCount = 20000,
        InitialWeightsSha256 = new string('b', 64),
        Seed = 17,
        Steps = 1000,
        SlotCount = 4,
        SlotSize = 16,
        ThreadsPerDevice = 2,
        GradientPrecision = GradientPrecision.BFloat16,
        ForkedFromSha256 = new string('f', 64),
    };

    private static RunRequest Request { get; } = new()
    {
        Spec = Spec,
        Sources = """{"data":"x"}""",
        CheckpointFolder = "checkpoints",
        CheckpointInterval = 100,
        CheckpointsKept = 3,
        ShardCount = 2,
        SkipsInRowMax = 4,
        ForkedFromFolder = "forked",
        Backups = 0,
        QuarantinesMax = 5,
    };

    private static RunStatus Status { get; } = new()
    {
        State = RunState.Training,
        Step = Step,
        Steps = 1000,
        View = View,
        TrainerCount = 2,
        Checkpoint = "step-40",
        WeightsSha256 = new string('c', 64),
        Problem = "none",
        Waits = "a disk",
        Amendments = [Amendment],
        Alarm = "collapsed",
        Stalled = "slots 1",
    };

    private static NumericProfile Profile { get; } = new()
    {
        Library = "libtorch",
        InstructionSet = "AVX2",
        ThreadsPerDevice = 2,
        Decoder = "Skia",
        Variables = ["MKL_CBWR=AVX2"],
        CanarySha256 = new string('e', 64),
        Attention = "math",
        Build = "1.0.0",
    };

    private static StepRecord Record { get; } = new()
    {
        Step = Step,
        Verdict = VerdictKind.Skip,
        Losses = [new SlotLoss("lm", 2)],
        GradientNorm = 1.5,
        Duration = TimeSpan.FromMilliseconds(50),
        SuspectSamples = [9],
    };

    private static SavedObject Saved { get; } = new("shard-1", 10, new string('d', 64));

    public static IReadOnlyList<object> All { get; } =
    [
        new NodeName("node-1"), new NodeDescription { Name = new("node-1"), DeviceCount = 2, Runs = [new("run")], Undecodable = ["'a.jpg' (it is no picture)"] },
        new RunId("run-1"), Spec, Request, RunState.Paused, Status, Record, new RunProgress { Status = Status, Steps = [Record], SamplesPerSecond = 118 },
        new RunRefusedException("The run is over."),
        Step, View, new ShardIndex(1), Trainer, Life, new SlotRange(2, 2), new TreeNode(1, 1),
        new Lease { View = View, Step = Step, Slots = new SlotRange(2, 2) }, LeaseAnswer.NotJoined, LeaseOutcome.Overtaken,
        new LeaseReport
        {
            View = View, Step = Step, Slots = new SlotRange(2, 2), Trainer = Trainer, Incarnation = Life, Outcome = LeaseOutcome.Failed, Compute = TimeSpan.FromSeconds(1), Problem = "no device",
            FailedSlot = 3,
        },
        new SlotLoss("itm", 0.6365), Report, new FeatureBlock { Slot = 1, Image = Floats, Text = Floats, Ids = new long[] { 5 } },
        new Seal { View = View, Step = Step, Shard = new ShardIndex(1), ChunkSquaredNorms = [0.25, 4], Finite = true, Digest = 0xbeef, Reports = [Report] },
        VerdictKind.Retry, VerdictOutcome.NotSealed, new Verdict { View = View, Step = Step, Kind = VerdictKind.Skip, SquaredNorm = 4.25, Checkpoint = true, IsAmended = true },
        new VerdictAnswer(VerdictOutcome.Done, 0xcafe),
        ShardPartKind.QueueTexts, new ShardPartRequest(View, ShardPartKind.SecondMoment, Start: 1 << 20),
        new ShardPart
        {
            Kind = ShardPartKind.Sum, Version = Step, UpdateCount = 40, Checksum = 0xfeed, Values = Floats, Length = 3 << 20, QueueIds = new long[] { 5, 6 }, QueuePointer = 1, IsSealed = true, Reports = [Report],
            Features = [new FeatureBlock { Slot = 1, Image = Floats, Text = Floats, Ids = new long[] { 5 } }],
        },
        new TrainerAssignment { View = View, Request = Request, Owners = [new("node-1"), new("node-2")], Amendments = [Amendment] },
        new TrainerOpened { View = View, Trainer = Trainer, Incarnation = Life, Problem = "no model", Profile = Profile }, Profile,
        ShardOrigin.Checkpoint,
        new ShardAssignment { View = View, Request = Request, Shard = new ShardIndex(1), ShardCount = 2, Origin = ShardOrigin.Checkpoint, Checkpoint = "step-40", DropSums = true, SaveVersion = new StepNumber(41), CheckpointFolder = "forked", Owner = new NodeName("a"), Backup = new NodeName("b") },
        new ShardOpened { View = View, Shard = new ShardIndex(1), Version = Step, Problem = "no checkpoint", IsBackup = true, Digest = 0xFEDCBA9876543210 },
        new ShardSaved { View = View, Version = Step, Shard = new ShardIndex(1), Objects = [Saved], Problem = "disk full" },
        Saved, Floats, GradientPrecision.BFloat16,
        Amendment,
        new StreamTicket { Secret = Life.Value, Address = "127.0.0.1", Port = 11222, HeaderBytesMax = 4096, BodyBytesMax = 1 << 20 },
        .. BootstrapSamples.All,
    ];
}
