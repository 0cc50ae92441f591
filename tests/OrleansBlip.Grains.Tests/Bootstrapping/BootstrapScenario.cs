using System.Globalization;
using OrleansBlip.Grains.Bootstrapping;
using OrleansBlip.Grains.Tests.Training;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Bootstrapping;

/// <summary>
/// Scenarios of a job: <c>start [other]</c>, <c>pause</c>, <c>resume</c>, <c>stop</c>, <c>crash</c> (a new coordinator reads what was persisted),
/// <c>devices NAME…</c>, <c>started</c>, <c>seen RUNSTATE</c>, <c>saved HASH</c>, <c>opened COUNT [done FIRST-LAST]</c>, <c>done|failed DEVICE FIRST-LAST</c>,
/// <c>published</c>, <c>broken</c>. With <c>late</c> an answer belongs to the stage before.
/// </summary>
internal sealed class BootstrapScenario : IScenario
{
    private readonly BootstrapRequest _request;
    private BootstrapLedger _ledger = new(new BootstrapRecord());
    private BootstrapRecord _persisted = new();
    private BootstrapStage _before, _now;

    public BootstrapScenario(string heading) => _request = Requests.Job((int)new ScenarioLine(heading).Number("rounds")!);

    public IReadOnlyList<string> Tell(string text)
    {
        try
        {
            var actions = Feed(new ScenarioLine(text));
            if (_ledger.Record.Stage != _now) (_before, _now) = (_now, _ledger.Record.Stage);
            _persisted = actions.OfType<BootstrapAction.Persist>().LastOrDefault()?.Record ?? _persisted;
            return actions.Count > 0 ? [.. actions.Select(Say)] : ["nothing"];
        }
        catch (RunRefusedException exception)
        {
            return [$"refused: {exception.Message}"];
        }
    }

    private IReadOnlyList<BootstrapAction> Feed(ScenarioLine line)
    {
        var stage = line.Has("late") ? _before : _ledger.Record.Stage;
        switch (line.Verb)
        {
            case "start": return _ledger.Start(line.Has("other") ? _request with { Threshold = 0.9 } : _request);
            case "pause": return _ledger.Pause();
            case "resume": return _ledger.Resume();
            case "stop": return _ledger.Stop();
            case "crash":
                _ledger = new BootstrapLedger(_persisted);
                return _ledger.Recover();
            case "devices": return _ledger.DevicesChanged([.. line.Words(1).Select(Device)]);
            case "started": return _ledger.TrainingStarted(stage);
            case "seen": return _ledger.TrainingSeen(stage, Status(Enum.Parse<RunState>(line.Subject, ignoreCase: true)));
            case "saved": return _ledger.ModelSaved(stage, new ModelReference("folder", line.Subject.PadRight(64, '0')));
            case "opened": return _ledger.Opened(stage, int.Parse(line.Subject, CultureInfo.InvariantCulture), line.Text("done") is { } done ? new HashSet<PictureRange> { Range(done) } : new());
            case "done": return _ledger.LeaseDone(stage, Device(line.Subject), Range(line.Text(line.Subject)!));
            case "failed": return _ledger.LeaseFailed(stage, Device(line.Subject), Range(line.Text(line.Subject)!), "no memory");
            case "published":
                var counts = new BootstrapCounts { Pictures = 600, Quarantined = 0, WebKept = 5, WebRejected = 595, SyntheticKept = 400, SyntheticRejected = 200 };
                return _ledger.Published(stage, counts, "dataset", new string('d', 64));
            case "broken": return _ledger.StageFailed(stage, "disk full");
            default: throw new InvalidOperationException($"There is no event '{line.Verb}'.");
        }
    }

    private static RunStatus Status(RunState state) => new()
    {
        State = state,
        Step = new StepNumber(9),
        Steps = 10,
        View = new ViewNumber(1),
        TrainerCount = 1,
        WeightsSha256 = "abc",
        Problem = state is RunState.Failed or RunState.Diverged ? "The loss is not finite." : null,
    };

    private static InferenceDevice Device(string name) => new(new NodeName(name), 0);

    private static PictureRange Range(string text)
    {
        int[] ends = [.. text.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
        return new PictureRange(ends[0], ends[1] - ends[0] + 1);
    }

    private static string Say(BootstrapAction action) => action switch
    {
        BootstrapAction.Persist persist => $"persist {persist.Record.State} in {persist.Record.Stage}" + (persist.Record.Problem is { } problem ? $": {problem}" : ""),
        BootstrapAction.Train => "train",
        BootstrapAction.Hold hold => hold.ForGood ? "stop the run" : "pause the run",
        BootstrapAction.SaveModel save => $"save model {save.WeightsSha256}",
        BootstrapAction.Open => "open",
        BootstrapAction.Lease lease => $"lease {lease.Pictures} to {lease.Device.Node}",
        BootstrapAction.Close close => $"close {close.Device.Node} of {close.Stage.Phase}",
        BootstrapAction.Publish => "publish",
        _ => throw new InvalidOperationException($"No words for {action}."),
    };
}
