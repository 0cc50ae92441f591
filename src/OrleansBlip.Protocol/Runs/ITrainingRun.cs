using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Protocol.Runs;

/// <summary>A training run, as its users see it. Key: the run's id. Commands validate, enqueue and return; what became of them shows in the status.</summary>
[Alias("blip.ITrainingRun"), GrainInterfaceType("blip.ITrainingRun")]
public interface ITrainingRun : IGrainWithStringKey
{
    /// <summary>Starts the run, or goes on with it where a checkpoint left it. Starting a running run again with the same specification does nothing.</summary>
    /// <exception cref="RunRefusedException">The request is wrong, the run is over, or it was started with another specification.</exception>
    [Alias("Start")]
    Task Start(RunRequest request);

    /// <summary>Pauses at the next step boundary, with a checkpoint.</summary>
    /// <exception cref="RunRefusedException">The run is not training.</exception>
    [Alias("Pause")]
    Task Pause();

    /// <summary>Goes on with a paused run, at the very step.</summary>
    /// <exception cref="RunRefusedException">The run is not paused.</exception>
    [Alias("Resume")]
    Task Resume();

    /// <summary>Ends the run at the next step boundary, with a checkpoint.</summary>
    /// <exception cref="RunRefusedException">The run is over or was never started.</exception>
    [Alias("Stop")]
    Task Stop();

    /// <summary>Ends the run at once, without a checkpoint. Another run may go on from its newest one.</summary>
    /// <exception cref="RunRefusedException">The run is over or was never started.</exception>
    [Alias("Kill")]
    Task Kill();

    /// <summary>Leaves steps out that are still to come, durably.</summary>
    /// <exception cref="RunRefusedException">The run is over or was never started, or some of the steps are decided or under way.</exception>
    [Alias("Amend")]
    Task Amend(Amendment amendment);

    /// <summary>Where the run stands.</summary>
    [Alias("Status")]
    Task<RunStatus> Status();

    /// <summary>The status and up to <paramref name="count"/> (1 to 1,000) of the steps after <paramref name="after"/>; -1 for all that are remembered.</summary>
    [Alias("Progress")]
    Task<RunProgress> Progress(StepNumber after, int count);
}
