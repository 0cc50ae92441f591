namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A CapFilt job (BLIP §3.3), as its users see it. Key: the job's id, a <see cref="Runs.RunId"/>. Commands validate, enqueue and return; what became of them shows in the status.</summary>
[Alias("blip.IBootstrapRun"), GrainInterfaceType("blip.IBootstrapRun")]
public interface IBootstrapRun : IGrainWithStringKey
{
    /// <summary>Starts the job, or goes on with it where it failed or was paused. Starting a running job again with the same request does nothing.</summary>
    /// <exception cref="Runs.RunRefusedException">The request is wrong, the job is over, or it was started with another request.</exception>
    [Alias("Start")]
    Task Start(BootstrapRequest request);

    /// <summary>Pauses: a training run at its next step boundary with a checkpoint, captioning and filtering after the ranges at work, publishing when it is done.</summary>
    /// <exception cref="Runs.RunRefusedException">The job is not running.</exception>
    [Alias("Pause")]
    Task Pause();

    /// <summary>Goes on with a paused job.</summary>
    /// <exception cref="Runs.RunRefusedException">The job is not paused.</exception>
    [Alias("Resume")]
    Task Resume();

    /// <summary>Ends the job; what it made so far stays.</summary>
    /// <exception cref="Runs.RunRefusedException">The job is over or was never started.</exception>
    [Alias("Stop")]
    Task Stop();

    /// <summary>Where the job stands.</summary>
    [Alias("Status")]
    Task<BootstrapStatus> Status();

    /// <summary>The status and the events numbered above <paramref name="after"/>; -1 for all that are remembered.</summary>
    [Alias("Progress")]
    Task<BootstrapProgress> Progress(long after);
}
