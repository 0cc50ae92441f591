using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansBlip.Grains.Coordination;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Grains.Nodes;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>
/// The coordinator: a mailbox, the run's ledger behind it, and the hands that carry its actions out. Calls only put events into the mailbox, and one loop
/// takes them out, so the order of decisions is that of their persistence; calls to others are not awaited, their answers are events. Reentrant: who asks how the run is
/// does not wait for what others have told it.
/// </summary>
[GrainType("blip-run"), PreferLocalPlacement, KeepAlive, Reentrant]
internal sealed partial class TrainingRunGrain : Grain, ITrainingRun, ICoordinator, IRemindable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    private readonly Mailbox<RunAction> _mailbox = new();
    private readonly PatientState<RunRecord> _state;
    private readonly NodeDirectory _nodes;
    private readonly ISlotComputerFactory _factory;
    private readonly Delivery _delivery;
    private readonly TrainingInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger<TrainingRunGrain> _logger;
    private readonly StepHistory _history = new();
    private readonly CollapseAlarm _collapse = new();
    private readonly StallWatch _stall = new();
    private readonly SafetyNet _safetyNet;
    private readonly RunId _run;
    private readonly Guid _life = Guid.NewGuid();
    private RunLedger _ledger = null!;
    private string? _stalled;
    private long _start;
    private long _lastStepAt;

    public TrainingRunGrain(
        IGrainContext context,
        [PersistentState("run", BlipStorage.Name)] IPersistentState<RunRecord> state,
        NodeDirectory nodes,
        ISlotComputerFactory factory,
        Delivery delivery,
        TrainingInstruments instruments,
        TimeProvider time,
        ILogger<TrainingRunGrain> logger)
    {
        _run = RunId.Parse(context.GrainId.Key.ToString()!);
        _nodes = nodes;
        _factory = factory;
        _delivery = delivery;
        _instruments = instruments;
        _time = time;
        _logger = logger;
        _safetyNet = new SafetyNet(this, problem => LogNoReminder(logger, _run, problem));
        _state = new PatientState<RunRecord>(state, time, problem => LogStorageAway(logger, problem, _run));
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _start = _time.GetTimestamp();
        _ledger = new RunLedger(_state.Record);
        _ = WorkAsync();
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TickInterval, TickInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _mailbox.Close();
        return Task.CompletedTask;
    }

    public Task Start(RunRequest request) => _mailbox.AskAsync(() => _ledger.Start(request));

    public Task Pause() => _mailbox.AskAsync(_ledger.Pause);

    public Task Resume() => _mailbox.AskAsync(_ledger.Resume);

    public Task Stop() => _mailbox.AskAsync(_ledger.Stop);

    public Task Kill() => _mailbox.AskAsync(_ledger.Kill);

    public Task Amend(Amendment amendment) => _mailbox.AskAsync(() => _ledger.Amend(amendment));

    /// <summary>To be called is enough to come up again; one at rest needs no more calls.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => _safetyNet.SetAsync(ServiceProvider, !_ledger.Status.IsAtRest);

    public Task<RunStatus> Status() => Task.FromResult(StatusNow());

    public Task<RunProgress> Progress(StepNumber after, int count) => Task.FromResult(new RunProgress
    {
        Status = StatusNow(),
        Steps = _history.After(after, Math.Clamp(count, 1, 1000)),
        SamplesPerSecond = _ledger.Record.Request is { Spec: var spec } ? _history.StepsPerSecond() * spec.SlotCount * spec.SlotSize : 0,
    });

    public Task TrainerOpened(TrainerOpened report) => _mailbox.AskAsync(() => _ledger.TrainerOpened(Now, report));

    public Task ShardOpened(ShardOpened report) => _mailbox.AskAsync(() => _ledger.ShardOpened(Now, report));

    public Task LeaseEnded(LeaseReport report) => _mailbox.AskAsync(() => _ledger.LeaseEnded(Now, report));

    public Task Sealed(Seal seal) => _mailbox.AskAsync(() =>
    {
        var actions = _ledger.Sealed(Now, seal);
        Failpoints.Pass(Failpoint.VoteTaken);
        return actions;
    });

    public Task Beat() => Task.CompletedTask;

    public async Task<bool> Leave(NodeName node)
    {
        await _mailbox.AskAsync(() => _ledger.NodeLeaves(Now, node));
        return !_ledger.CountsOn(node);
    }

    public Task ShardSaved(ShardSaved report) => _mailbox.AskAsync(() => _ledger.ShardSaved(report));

    private RunStatus StatusNow() => _ledger.Status with { Waits = _state.Waits ?? _ledger.Status.Waits, Alarm = Alarm, Stalled = _stalled };

    private Task Post(Func<IReadOnlyList<RunAction>> happened)
    {
        _mailbox.Post(happened);
        return Task.CompletedTask;
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        var nodes = await _nodes.ListAsync();
        var leaving = _nodes.Leaving;
        await Post(() => _ledger.NodesChanged(Now, nodes, leaving));
        await Post(() => _ledger.Tick(Now));
        if (_state.IsToBeLookedAt) await Post(() => [new RunAction.LookAtRecord()]);
        var stall = _stall.Look(Now, _ledger.Record.View, _ledger.Record.Step, () => _ledger.Awaited);
        if (stall is not null && _stalled is null) LogStalled(_logger, _run, stall.Text);
        _stalled = stall?.Text;
        if (stall is { IsToAskAnew: true }) await Post(() => AskAnew(stall));
    }

    private IReadOnlyList<RunAction> AskAnew(Stall stall)
    {
        var actions = _ledger.Stalled(Now);
        if (actions.Count > 0) LogAsksAnew(_logger, _run, stall.Text);
        return actions;
    }

    private async Task WorkAsync()
    {
        try
        {
            await _mailbox.WorkAsync(RecoverAsync, ExecuteAsync);
        }
        catch (Exception exception)
        {
            // Whatever stands in storage is right; a fresh activation goes on from there.
            LogStepsDown(_logger, exception, _run);
            DeactivateOnIdle();
        }
    }

    private async Task<IReadOnlyList<RunAction>> RecoverAsync()
    {
        var nodes = await _nodes.ListAsync();
        var actions = _ledger.Recover(Now, nodes);
        Failpoints.Pass(Failpoint.CoordinatorRecovered);
        return actions;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} does not move. {Stalled}")]
    private static partial void LogStalled(ILogger logger, RunId run, string stalled);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} asks its shards anew what they hold. {Stalled}")]
    private static partial void LogAsksAnew(ILogger logger, RunId run, string stalled);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} has no reminder, and after the loss of all nodes goes on only when it is asked for: {Problem}")]
    private static partial void LogNoReminder(ILogger logger, RunId run, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The coordinator of run {Run} gives way.")]
    private static partial void LogStepsDown(ILogger logger, Exception exception, RunId run);
}
