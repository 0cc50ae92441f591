using System.Collections.Immutable;
using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Data.Sources;
using OrleansBlip.Grains.Training;
using Spectre.Console;

namespace OrleansBlip.Cli.Results;

/// <summary>A step that was computed once more.</summary>
internal sealed record ReplayResult
{
    public required long Step { get; init; }

    /// <summary>The step that was begun with: that of a checkpoint, or 0.</summary>
    public required long From { get; init; }

    /// <summary>apply, skip, or omitted by an amendment.</summary>
    public required string Verdict { get; init; }

    /// <summary>‖g‖ of the mean gradient, before clipping; null where it is not finite.</summary>
    public required double? GradientNorm { get; init; }

    public required ImmutableArray<ReplayedSlot> Slots { get; init; }

    /// <summary>Hash of the weights after the step.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>Whether that is the hash of the training's own checkpoint; null where it has none there.</summary>
    public bool? IsAsInCheckpoint { get; init; }

    /// <summary>The result of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="from">The step that was begun with.</param>
    /// <param name="weightsSha256">Hash of the weights after it.</param>
    /// <param name="data">The data set that it was computed on.</param>
    public static ReplayResult Of(PlainStep step, long from, string weightsSha256, PairSource data) => new()
    {
        Step = step.Verdict.Step.Value,
        From = from,
        Verdict = step.Verdict.IsAmended ? "omitted" : step.Verdict.Kind.ToString().ToLowerInvariant(),
        GradientNorm = double.IsFinite(step.Verdict.SquaredNorm) ? Math.Sqrt(step.Verdict.SquaredNorm) : null,
        Slots = [.. step.Slots.Select(slot => Of(slot, data))],
        WeightsSha256 = weightsSha256,
    };

    public void Write(JobConsole console)
    {
        if (console.IsJson)
        {
            console.OutputText.WriteLine(JsonSerializer.Serialize(this, JsonSerializerOptions.Web));
            return;
        }
        var losses = Slots.SelectMany(slot => slot.Losses.Keys).Distinct().ToArray();
        var table = new Table().Border(TableBorder.Rounded).AddColumns(["slot", .. losses, "finite", "samples"]);
        foreach (var slot in Slots)
            table.AddRow([$"{slot.Slot}", .. losses.Select(loss => slot.Losses[loss] is { } value ? $"{value:f4}" : "not finite"), slot.IsFinite ? "yes" : "no", string.Join(' ', slot.SampleIds)]);
        if (Slots.Length > 0) console.Output.Write(table);
        foreach (var slot in Slots.Where(slot => !slot.IsFinite))
            foreach (var sample in slot.Samples) console.OutputText.WriteLine($"slot {slot.Slot}, sample {sample.Id}: '{sample.Picture}', \"{sample.Text}\"");
        console.OutputText.WriteLine($"step {Step}, computed from step {From} on: {Verdict}, gradient norm {(GradientNorm is { } norm ? $"{norm:g6}" : "not finite")}");
        console.OutputText.WriteLine($"weights {WeightsSha256}{IsAsInCheckpoint switch { true => ", as in the checkpoint after it", false => ", NOT as in the checkpoint after it", null => "" }}");
    }

    private static ReplayedSlot Of(PlainSlot slot, PairSource data) => new(
        slot.Slot,
        slot.Losses.ToDictionary(loss => loss.Name, loss => double.IsFinite(loss.Value) ? loss.Value : (double?)null),
        slot.IsFinite,
        slot.SampleIds,
        [.. slot.SampleIds.Select(id => ReplayedSample.Of(data, id))]);
}
