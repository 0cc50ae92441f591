using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.Nodes;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>
/// A job's coordinator: a mailbox, the job's ledger behind it, and the hands that carry its actions out. Calls only put events into the mailbox, and one
/// loop takes them out, so the order of decisions is that of their persistence; answers of others are events.
/// </summary>
[GrainType("blip-bootstrap"), KeepAlive]
internal sealed partial class BootstrapRunGrain : Grain, IBootstrapRun
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(500);

    private readonly Channel<Action> _mailbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly IPersistentState<BootstrapRecord> _state;
    private readonly NodeDirectory _nodes;
    private readonly TimeProvider _time;
    private readonly ILogger<BootstrapRunGrain> _logger;
    private readonly Queue<BootstrapAction> _pending = new();
    private readonly BootstrapFiles _files;
    private readonly string _job;
    private BootstrapLedger _ledger = null!;
    private DataReference? _web;

    public BootstrapRunGrain(
        IGrainContext context,
        [PersistentState("bootstrap", BlipStorage.Name)] IPersistentState<BootstrapRecord> state,
        NodeDirectory nodes,
        TimeProvider time,
        ILogger<BootstrapRunGrain> logger)
    {
        _job = RunId.Parse(context.GrainId.Key.ToString()!).Value;
        _state = state;
        _nodes = nodes;
        _time = time;
        _logger = logger;
        _files = new BootstrapFiles(_job, time);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _ledger = new BootstrapLedger(_state.State);
        _ = WorkAsync();
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TimeSpan.Zero, TickInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _mailbox.Writer.TryComplete();
        await _files.DisposeAsync();
    }

    public Task Start(BootstrapRequest request) => AskAsync(() => _ledger.Start(request));

    public Task Pause() => AskAsync(_ledger.Pause);

    public Task Resume() => AskAsync(_ledger.Resume);

    public Task Stop() => AskAsync(_ledger.Stop);

    public Task<BootstrapStatus> Status() => Task.FromResult(StatusNow());

    public Task<BootstrapProgress> Progress(long after) =>
        Task.FromResult(new BootstrapProgress { Status = StatusNow(), Events = [.. _ledger.Record.Events.Where(happened => happened.Number > after)] });

    private BootstrapStatus StatusNow() => new()
    {
        State = _ledger.Record.State,
        Stage = _ledger.Record.Stage,
        TrainingRun = _ledger.Record.Stage.IsTraining ? RunOf(_ledger.Record.Stage) : null,
        PicturesDone = _ledger.PicturesDone,
        PictureCount = _ledger.PictureCount,
        Rounds = _ledger.Record.Rounds,
        Problem = _ledger.Record.Problem,
    };

    private RunId RunOf(BootstrapStage stage) => BootstrapLayout.RunOf(_job, stage);

    private void Post(Func<IReadOnlyList<BootstrapAction>> happened) => _mailbox.Writer.TryWrite(() => Enqueue(happened()));

    /// <summary>A command: it is refused at once, by the ledger, or accepted; its actions follow.</summary>
    private Task AskAsync(Func<IReadOnlyList<BootstrapAction>> command)
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

    private void Enqueue(IReadOnlyList<BootstrapAction> actions)
    {
        foreach (var action in actions) _pending.Enqueue(action);
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        var nodes = await _nodes.ListAsync();
        InferenceDevice[] devices = [.. nodes.SelectMany(node => Enumerable.Range(0, node.DeviceCount).Select(device => new InferenceDevice(node.Name, device)))];
        Post(() => _ledger.DevicesChanged(devices));
        if (_ledger.IsWatching) await LookAtTrainingAsync(_ledger.Record.Stage);
    }

    private async Task WorkAsync()
    {
        try
        {
            Enqueue(_ledger.Recover());
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
            LogStepsDown(_logger, exception, _job);
            _mailbox.Writer.TryComplete();
            DeactivateOnIdle();
        }
    }

    private async Task ExecutePendingAsync()
    {
        while (_pending.TryDequeue(out var action)) await ExecuteAsync(action);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The coordinator of job {Job} gives way.")]
    private static partial void LogStepsDown(ILogger logger, Exception exception, string job);
}
