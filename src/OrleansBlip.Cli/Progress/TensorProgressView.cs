using OrleansBlip.Model.Weights;

namespace OrleansBlip.Cli.Progress;

/// <summary>Shows how far tensors are read and written, on the thread that does it, and stops that where the job is stopped.</summary>
internal sealed class TensorProgressView(IProgressView view, CancellationToken cancellation) : IProgress<TensorProgress>
{
    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The job is stopped.</exception>
    public void Report(TensorProgress value)
    {
        cancellation.ThrowIfCancellationRequested();
        if (value.Count > 0) view.Report(new PhaseProgress { Phase = value.IsWriting ? "write tensors" : "read tensors", Step = value.Done, StepCount = value.Count, SamplesPerStep = 1 });
    }
}
