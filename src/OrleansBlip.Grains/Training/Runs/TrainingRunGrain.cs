using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using OrleansBlip.Grains.Nodes;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>
/// The coordinator: a mailbox, the run's ledger behind it, and the hands that carry its actions out. Calls only put events into the mailbox, and one loop
/// takes them out, so the order of decisions is that of their persistence; calls to others are not awaited, their answers are events.
/// </summary>
[GrainType("blip-run"), PreferLocalPlacement, KeepAlive]
internal sealed partial class TrainingRunGrain : Grain, ITrainingRun, ICoordinator
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Ticks between two looks at the cluster's membership.</summary>
    private const int TicksPerLook = 4;

    private readonly Channel<Action> _mailbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly IPersistentState<RunRecord> _state;
    private readonly NodeDirectory _nodes;
    private readonly ISlotComputerFactory _factory;
    private readonly Delivery _delivery;
    private readonly TrainingInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger<TrainingRunGrain> _logger;
    private readonly StepHistory _history = new();
    private readonly Queue<RunAction> _pending = new();
    private readonly RunId _run;
    private RunLedger _ledger = null!;
    private long _start;
    private long _lastStepAt;
    private int _ticks;

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
        _state = state;
        _nodes = nodes;
        _factory = factory;
        _delivery = delivery;
        _instruments = instruments;
        _time = time;
        _logger = logger;
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _start = _time.GetTimestamp();
        _ledger = new RunLedger(_state.State);
        _ = WorkAsync();
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TickInterval, TickInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _mailbox.Writer.TryComplete();
        return Task.CompletedTask;
    }

    public Task Start(RunRequest request) => AskAsync(() => _ledger.Start(request));

    public Task Pause() => AskAsync(_ledger.Pause);

    public Task Resume() => AskAsync(_ledger.Resume);

    public Task Stop() => AskAsync(_ledger.Stop);

    public Task<RunStatus> Status() => Task.FromResult(_ledger.Status);

    public Task<RunProgress> Progress(StepNumber after, int count) => Task.FromResult(new RunProgress
    {
        Status = _ledger.Status,
        Steps = _history.After(after, Math.Clamp(count, 1, 1000)),
        SamplesPerSecond = _ledger.Record.Request is { Spec: var spec } ? _history.StepsPerSecond() * spec.SlotCount * spec.SlotSize : 0,
    });

    public Task TrainerOpened(TrainerOpened report) => Post(() => _ledger.TrainerOpened(Now, report));

    public Task ShardOpened(ShardOpened report) => Post(() => _ledger.ShardOpened(Now, report));

    public Task LeaseEnded(LeaseReport report) => Post(() => _ledger.LeaseEnded(Now, report));

    public Task Sealed(Seal seal) => Post(() => _ledger.Sealed(Now, seal));

    public Task ShardSaved(ShardSaved report) => Post(() => _ledger.ShardSaved(report));

    private Task Post(Func<IReadOnlyList<RunAction>> happened)
    {
        _mailbox.Writer.TryWrite(() => Enqueue(happened()));
        return Task.CompletedTask;
    }

    /// <summary>A command: it is refused at once, by the ledger, or accepted; its actions follow.</summary>
    private Task AskAsync(Func<IReadOnlyList<RunAction>> command)
    {
        var judged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isOpen = _mailbox.Writer.TryWrite(() =>
        {
            try
            {
                Enqueue(command());
                judged.SetResult();
            }
            catch (RunRefusedException exception)
            {
                judged.SetException(exception);
            }
        });
        return isOpen ? judged.Task : Task.FromException(new RunRefusedException("The coordinator is leaving this node. Try again."));
    }

    private void Enqueue(IReadOnlyList<RunAction> actions)
    {
        foreach (var action in actions) _pending.Enqueue(action);
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_ticks++ % TicksPerLook == 0)
        {
            var nodes = await _nodes.ListAsync();
            await Post(() => _ledger.NodesChanged(Now, nodes));
        }
        await Post(() => _ledger.Tick(Now));
    }

    private async Task WorkAsync()
    {
        try
        {
            var nodes = await _nodes.ListAsync();
            Enqueue(_ledger.Recover(Now, nodes));
            await ExecutePendingAsync();
            await foreach (var happened in _mailbox.Reader.ReadAllAsync())
            {
                happened();
                await ExecutePendingAsync();
            }
        }
        catch (Exception exception)
        {
            // Whatever stands in storage is right; a fresh activation goes on from there.
            LogStepsDown(_logger, exception, _run);
            _mailbox.Writer.TryComplete();
            DeactivateOnIdle();
        }
    }

    private async Task ExecutePendingAsync()
    {
        while (_pending.TryDequeue(out var action)) await ExecuteAsync(action);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The coordinator of run {Run} gives way.")]
    private static partial void LogStepsDown(ILogger logger, Exception exception, RunId run);
}
