using System.Collections.Immutable;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>
/// The life of a CapFilt job without tensors, files, clock or calls: what happened goes in, what is to be done comes out. An answer names the stage that
/// it was asked in; one that comes too late is nothing.
/// </summary>
internal sealed class BootstrapLedger(BootstrapRecord record)
{
    private const int EventsMax = 256;

    private enum Work { None, Starting, Training, Saving, Opening, Leasing, Publishing }

    private IReadOnlyCollection<InferenceDevice> _devices = [];
    private List<BootstrapAction> _actions = [];
    private PictureLeases? _leases;
    private Work _work;

    /// <summary>What is durable, or is about to be.</summary>
    public BootstrapRecord Record { get; private set; } = record;

    /// <summary>Whether the stage's training run is worth a look.</summary>
    public bool IsWatching => _work == Work.Training;

    /// <summary>Pictures done in this phase.</summary>
    public int PicturesDone => _leases?.DoneCount ?? 0;

    /// <summary>Pictures of this phase.</summary>
    public int PictureCount => _leases?.PictureCount ?? 0;

    /// <summary>The coordinator has been activated: what was at work goes on.</summary>
    public IReadOnlyList<BootstrapAction> Recover()
    {
        // The run may still train: its own status will tell when it has come to rest.
        if (Record.State is BootstrapState.Pausing or BootstrapState.Stopping && Record.Stage.IsTraining) _work = Work.Training;
        return Settle();
    }

    /// <summary>The job is to start, or to go on.</summary>
    /// <exception cref="RunRefusedException">It is over, or is another job.</exception>
    public IReadOnlyList<BootstrapAction> Start(BootstrapRequest request)
    {
        request.Validate();
        if (Record.Request is { } known && known.ToJson() != request.ToJson()) throw new RunRefusedException("The job was started with another request. Choose another id.");
        if (Record.State == BootstrapState.Stopped) throw new RunRefusedException("The job was stopped. Choose another id.");
        if (Record.State is not (BootstrapState.Created or BootstrapState.Paused or BootstrapState.Failed)) return [];
        if (Record.Request is null) Record = Record with { Request = request, Rounds = [new BootstrapRound { Round = 1 }] };
        return GoOn();
    }

    /// <summary>The job is to pause.</summary>
    /// <exception cref="RunRefusedException">It is not running.</exception>
    public IReadOnlyList<BootstrapAction> Pause() => Wish(BootstrapState.Pausing, BootstrapState.Running);

    /// <summary>The job is to end.</summary>
    /// <exception cref="RunRefusedException">It is over or was never started.</exception>
    public IReadOnlyList<BootstrapAction> Stop()
    {
        // A paused training run is stopped too, so that nobody resumes it on its own.
        if (Record.State is BootstrapState.Paused or BootstrapState.Failed && Record.Stage.IsTraining) _work = Work.Training;
        return Wish(BootstrapState.Stopping, BootstrapState.Running, BootstrapState.Pausing, BootstrapState.Paused, BootstrapState.Failed);
    }

    /// <summary>The job is to go on after a pause.</summary>
    /// <exception cref="RunRefusedException">It is not paused.</exception>
    public IReadOnlyList<BootstrapAction> Resume() =>
        Record.State == BootstrapState.Paused ? GoOn() : throw new RunRefusedException($"Only a paused job can be resumed, this one is {Record.State}.");

    /// <summary>The devices that there are now.</summary>
    public IReadOnlyList<BootstrapAction> DevicesChanged(IReadOnlyCollection<InferenceDevice> devices)
    {
        _devices = devices;
        _leases?.Update(devices);
        return Settle();
    }

    /// <summary>The stage's training run has accepted its request.</summary>
    public IReadOnlyList<BootstrapAction> TrainingStarted(BootstrapStage stage)
    {
        if (!IsAnswer(stage, Work.Starting)) return [];
        _work = Work.Training;
        return Settle();
    }

    /// <summary>A look at the stage's training run.</summary>
    public IReadOnlyList<BootstrapAction> TrainingSeen(BootstrapStage stage, RunStatus status)
    {
        if (!IsAnswer(stage, Work.Training)) return [];
        if (Record.State != BootstrapState.Running)
        {
            var isSettled = status.IsOver || status.State == RunState.Created || (status.State == RunState.Paused && Record.State == BootstrapState.Pausing);
            if (isSettled) _work = Work.None;
            else _actions.Add(new BootstrapAction.Hold(stage, Record.State == BootstrapState.Stopping));
            return Settle();
        }
        switch (status.State)
        {
            case RunState.Completed:
                _work = Work.Saving;
                _actions.Add(new BootstrapAction.SaveModel(stage, status.WeightsSha256!));
                break;
            case RunState.Stopped or RunState.Failed or RunState.Diverged:
                return StageFailed(stage, $"The training run is {status.State}. {status.Problem}".TrimEnd());
        }
        return Take();
    }

    /// <summary>What was trained is a model folder now.</summary>
    public IReadOnlyList<BootstrapAction> ModelSaved(BootstrapStage stage, ModelReference model)
    {
        if (!IsAnswer(stage, Work.Saving)) return [];
        var round = stage.Phase switch
        {
            BootstrapPhase.Pretraining => Record.Round with { Pretrained = model },
            BootstrapPhase.FinetuningCaptioner => Record.Round with { Captioner = model },
            _ => Record.Round with { Filter = model },
        };
        return Advance(round, $"trained {model.WeightsSha256[..12]}");
    }

    /// <summary>The phase's pictures are known.</summary>
    public IReadOnlyList<BootstrapAction> Opened(BootstrapStage stage, int pictureCount, IReadOnlySet<PictureRange> done)
    {
        if (!IsAnswer(stage, Work.Opening)) return [];
        _work = Work.Leasing;
        _leases = new PictureLeases(pictureCount, done);
        _leases.Update(_devices);
        return Settle();
    }

    /// <summary>A lease's result is durable.</summary>
    public IReadOnlyList<BootstrapAction> LeaseDone(BootstrapStage stage, InferenceDevice device, PictureRange pictures)
    {
        if (!IsAnswer(stage, Work.Leasing)) return [];
        _leases!.Done(device, pictures);
        return Settle();
    }

    /// <summary>A lease has failed.</summary>
    public IReadOnlyList<BootstrapAction> LeaseFailed(BootstrapStage stage, InferenceDevice device, PictureRange pictures, string problem)
    {
        if (!IsAnswer(stage, Work.Leasing)) return [];
        Tell($"{pictures} failed on {device}: {problem}");
        return _leases!.Failed(device, pictures, problem) is { } hopeless ? StageFailed(stage, hopeless) : Settle();
    }

    /// <summary>The round's version is published.</summary>
    public IReadOnlyList<BootstrapAction> Published(BootstrapStage stage, BootstrapCounts counts, string dataset, string digest) => IsAnswer(stage, Work.Publishing)
        ? Advance(Record.Round with { Counts = counts, Dataset = dataset, DatasetDigest = digest }, $"kept {counts.WebKept} web texts and {counts.SyntheticKept} synthetic ones")
        : [];

    /// <summary>Something of the stage cannot be done.</summary>
    public IReadOnlyList<BootstrapAction> StageFailed(BootstrapStage stage, string problem)
    {
        if (stage != Record.Stage || _work == Work.None) return [];
        Rest(BootstrapState.Failed, problem);
        return Take();
    }

    private IReadOnlyList<BootstrapAction> GoOn()
    {
        Record = Record with { State = BootstrapState.Running, Problem = null };
        return Settle();
    }

    private IReadOnlyList<BootstrapAction> Wish(BootstrapState wish, params ReadOnlySpan<BootstrapState> from)
    {
        if (Record.State == wish) return [];
        if (!from.Contains(Record.State)) throw new RunRefusedException($"The job is {Record.State}.");
        Persist(Record with { State = wish });
        if (_work == Work.Training) _actions.Add(new BootstrapAction.Hold(Record.Stage, wish == BootstrapState.Stopping));
        return Settle();
    }

    private bool IsAnswer(BootstrapStage stage, Work work) => stage == Record.Stage && _work == work;

    /// <summary>Goes as far as it can: next stage, next leases, or rest.</summary>
    private IReadOnlyList<BootstrapAction> Settle()
    {
        if (_work == Work.Leasing && _leases!.IsComplete) return Advance(Record.Round, $"{_leases.PictureCount} pictures done");
        var isIdle = _work == Work.None || (_work == Work.Leasing && !_leases!.IsAnyHeld);
        switch (Record.State)
        {
            case BootstrapState.Running when _work == Work.None:
                Begin();
                break;
            case BootstrapState.Running when _work == Work.Leasing:
                foreach (var (device, pictures) in _leases!.Assign()) _actions.Add(new BootstrapAction.Lease(Record.Stage, device, pictures));
                break;
            case BootstrapState.Pausing when isIdle:
                Rest(BootstrapState.Paused, problem: null);
                break;
            case BootstrapState.Stopping when isIdle:
                Rest(BootstrapState.Stopped, problem: null);
                break;
        }
        return Take();
    }

    private void Begin()
    {
        Tell("begins");
        Persist(Record);
        var stage = Record.Stage;
        (_work, var action) = stage.Phase switch
        {
            BootstrapPhase.Captioning or BootstrapPhase.Filtering => (Work.Opening, (BootstrapAction)new BootstrapAction.Open(stage)),
            BootstrapPhase.Publishing => (Work.Publishing, new BootstrapAction.Publish(stage)),
            _ => (Work.Starting, new BootstrapAction.Train(stage)),
        };
        _actions.Add(action);
    }

    // What follows, the next stage or rest, makes the outcome durable.
    private IReadOnlyList<BootstrapAction> Advance(BootstrapRound round, string outcome)
    {
        Tell(outcome);
        CloseDevices();
        _work = Work.None;
        var rounds = Record.Rounds.SetItem(Record.Stage.Round - 1, round);
        if (Record.Stage is { Phase: BootstrapPhase.Pretraining } stage && stage.Round > Record.Request!.Rounds)
        {
            Persist(Record with { Rounds = rounds, State = BootstrapState.Completed });
            return Take();
        }
        var next = Record.Stage.Next;
        Record = Record with { Stage = next, Rounds = next.Round > rounds.Length ? rounds.Add(new BootstrapRound { Round = next.Round }) : rounds };
        return Settle();
    }

    private void Rest(BootstrapState state, string? problem)
    {
        Tell(problem is null ? $"{state}" : $"{state}: {problem}");
        CloseDevices();
        _work = Work.None;
        Persist(Record with { State = state, Problem = problem });
    }

    private void CloseDevices()
    {
        foreach (var device in _leases?.Devices ?? []) _actions.Add(new BootstrapAction.Close(Record.Stage, device));
        _leases = null;
    }

    private void Tell(string text)
    {
        var happened = new BootstrapEvent { Number = Record.Events.IsEmpty ? 0 : Record.Events[^1].Number + 1, Stage = Record.Stage, Text = text };
        var kept = Record.Events.Length < EventsMax ? Record.Events : Record.Events.RemoveAt(0);
        Record = Record with { Events = kept.Add(happened) };
    }

    private void Persist(BootstrapRecord record)
    {
        Record = record;
        _actions.Add(new BootstrapAction.Persist(record));
    }

    private IReadOnlyList<BootstrapAction> Take()
    {
        var actions = _actions;
        _actions = [];
        return actions;
    }
}
