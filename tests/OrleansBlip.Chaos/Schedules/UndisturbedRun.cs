using System.Collections.Immutable;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>What a run must end with, and each of its steps.</summary>
/// <param name="Layout">Names and places of the parameters.</param>
/// <param name="WeightsSha256">Hash of weights and momentum weights.</param>
/// <param name="OptimizerSha256">Hash of the moments, Adam's count and the queue.</param>
/// <param name="Steps">The steps.</param>
internal sealed record UndisturbedRun(ParameterLayout Layout, string WeightsSha256, string OptimizerSha256, ImmutableArray<PlainStep> Steps)
{
    /// <summary>Compares a run that has come to rest: its weights, and those and the optimizer of its last checkpoint.</summary>
    /// <param name="status">Where it rests.</param>
    /// <param name="state">How it was to end.</param>
    /// <param name="request">Where its checkpoints are.</param>
    /// <returns>What differs; null for nothing.</returns>
    public string? DifferenceOf(RunStatus status, RunState state, RunRequest request)
    {
        if (status.State != state) return $"the run is {status.State}: {status.Problem}";
        if (status.WeightsSha256 != WeightsSha256) return $"its weights are {status.WeightsSha256}, not {WeightsSha256}";
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest();
        if (checkpoint?.Manifest.Step != Steps.Length) return $"its last checkpoint is of step {checkpoint?.Manifest.Step}";
        if (checkpoint.HashWeights(Layout) != WeightsSha256) return "its last checkpoint has other weights";
        return checkpoint.HashOptimizer(Layout) == OptimizerSha256 ? null : "its optimizer's state differs";
    }

    /// <summary>Compares what a coordinator tells of the steps that it decided.</summary>
    /// <param name="told">In the order in which they were decided.</param>
    /// <param name="interval">Steps between checkpoints, where alone a run goes on that had to go back.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? DifferenceOf(IReadOnlyList<StepRecord> told, long interval)
    {
        for (int i = 0; i < told.Count; i++)
        {
            var (record, plain) = (told[i], Steps[(int)told[i].Step.Value]);
            if (record.Verdict != plain.Verdict.Kind || !record.Losses.SequenceEqual(plain.Losses) || record.GradientNorm != Math.Sqrt(plain.Verdict.SquaredNorm))
                return $"step {record.Step} has losses {string.Join(" ", record.Losses)} and norm {record.GradientNorm}, not {string.Join(" ", plain.Losses)} and {Math.Sqrt(plain.Verdict.SquaredNorm)}";
            if (i == 0 || record.Step == told[i - 1].Step.Next) continue;
            bool isRestored = record.Step < told[i - 1].Step.Next && record.Step.Value % interval == 0;
            if (!isRestored) return $"step {record.Step} was decided after step {told[i - 1].Step}";
        }
        return null;
    }
}
