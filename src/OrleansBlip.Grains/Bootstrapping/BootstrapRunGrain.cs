using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansBlip.Grains.Coordination;
using OrleansBlip.Grains.Nodes;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>
/// A job's coordinator: a mailbox, the job's ledger behind it, and the hands that carry its actions out. Calls only put events into the mailbox, and one
/// loop takes them out, so the order of decisions is that of their persistence; answers of others are events.
/// </summary>
[GrainType("blip-bootstrap"), KeepAlive, Reentrant]
internal sealed partial class BootstrapRunGrain : Grain, IBootstrapRun, IRemindable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(500);

    private readonly Mailbox<BootstrapAction> _mailbox = new();
    private readonly PatientState<BootstrapRecord> _state;
    private readonly NodeDirectory _nodes;
    private readonly ILogger<BootstrapRunGrain> _logger;
    private readonly BootstrapFiles _files;
    private readonly SafetyNet _safetyNet;
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
        _nodes = nodes;
        _logger = logger;
        _safetyNet = new SafetyNet(this, problem => LogNoReminder(logger, _job, problem));
        _files = new BootstrapFiles(_job, time);
        _state = new PatientState<BootstrapRecord>(state, time, problem => LogStorageAway(logger, problem, _job));
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _ledger = new BootstrapLedger(_state.Record);
        _ = WorkAsync();
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TimeSpan.Zero, TickInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _mailbox.Close();
        await _files.DisposeAsync();
    }

    public Task Start(BootstrapRequest request) => _mailbox.AskAsync(() => _ledger.Start(request));

    public Task Pause() => _mailbox.AskAsync(_ledger.Pause);

    public Task Resume() => _mailbox.AskAsync(_ledger.Resume);

    public Task Stop() => _mailbox.AskAsync(_ledger.Stop);

    /// <summary>To be called is enough to come up again; one at rest needs no more calls.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => _safetyNet.SetAsync(ServiceProvider, !StatusNow().IsAtRest);

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
        Waits = _state.Waits,
    };

    private RunId RunOf(BootstrapStage stage) => BootstrapLayout.RunOf(_job, stage);

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        var nodes = await _nodes.ListAsync();
        InferenceDevice[] devices = [.. nodes.SelectMany(node => Enumerable.Range(0, node.DeviceCount).Select(device => new InferenceDevice(node.Name, device)))];
        _mailbox.Post(() => _ledger.DevicesChanged(devices));
        if (_state.IsToBeLookedAt) _mailbox.Post(() => [new BootstrapAction.LookAtRecord()]);
        if (_ledger.IsWatching) await LookAtTrainingAsync(_ledger.Record.Stage);
    }

    private async Task WorkAsync()
    {
        try
        {
            await _mailbox.WorkAsync(() => Task.FromResult(_ledger.Recover()), ExecuteAsync);
        }
        catch (Exception exception)
        {
            // Whatever stands in storage is right; a fresh activation goes on from there.
            LogStepsDown(_logger, exception, _job);
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} has no reminder, and after the loss of its node goes on only when it is asked for: {Problem}")]
    private static partial void LogNoReminder(ILogger logger, string job, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The coordinator of job {Job} gives way.")]
    private static partial void LogStepsDown(ILogger logger, Exception exception, string job);
}
