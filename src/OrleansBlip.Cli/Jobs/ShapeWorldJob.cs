using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>shapeworld</c>.</summary>
internal static class ShapeWorldJob
{
    public static async Task<int> RunAsync(ShapeWorldRequest request, JobConsole console, CancellationToken cancellation)
    {
        await using (var view = console.OpenProgress(TimeProvider.System))
        {
            Write(request.Out, Checked(request.Spec), view, cancellation);
        }
        var spec = request.Spec;
        console.WriteResult(new { world = request.Out, level = spec.Level.ToString(), spec.Seed, spec.ImageSizePx, spec.CleanCount, spec.WebCount, spec.ValCount, spec.TestCount });
        return ExitCode.Ok;
    }

    /// <summary>Writes a world, if the folder does not hold it already.</summary>
    public static void Write(string folder, ShapeWorldSpec spec, IProgressView view, CancellationToken cancellation)
    {
        var writer = new ShapeWorldWriter(spec);
        if (writer.IsWrittenTo(folder)) return;
        var count = Enum.GetValues<ShapeWorldSplit>().Sum(spec.CountOf);
        writer.Write(folder, new SynchronousProgress(done => view.Report(new PhaseProgress { Phase = "draw the world", Step = done, StepCount = count, SamplesPerStep = 1 })), cancellation);
    }

    private static ShapeWorldSpec Checked(ShapeWorldSpec spec)
    {
        try
        {
            spec.Validate();
            return spec;
        }
        catch (ArgumentException exception)
        {
            throw new CommandException(ExitCode.Usage, exception.Message);
        }
    }

    private sealed class SynchronousProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
