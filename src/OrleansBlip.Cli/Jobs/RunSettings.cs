using System.CommandLine;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Jobs;

/// <summary>What of a training may be set beside its recipe: how a step is made up, and how the cluster goes about it. Without any of it a training is the recipe's, bit for bit.</summary>
internal sealed record RunSettings
{
    private const int NumberMax = 1_000_000;
    private const double ClipNormMax = 1e9;

    /// <summary>Slots of a step (V), 1 to <see cref="RunSpec.SlotCountMax"/>; null for the recipe's.</summary>
    public int? SlotsPerStep { get; init; }

    /// <summary>Largest norm of the mean gradient; 0 for no limit, null for the recipe's.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Last image blocks that compute their activations again, 0 to all of them; null for the recipe's.</summary>
    public int? CheckpointedBlocks { get; init; }

    /// <summary>Parameter shards (K), 0 for as many as nodes, to <see cref="RunRequest.ShardCountMax"/>.</summary>
    public int Shards { get; init; }

    /// <summary>Checkpoints kept, 1 or more.</summary>
    public int CheckpointsKept { get; init; } = RunRequest.CheckpointsKeptByDefault;

    /// <summary>Steps in a row that may be skipped before the run goes back, 1 or more.</summary>
    public int SkipsInRowMax { get; init; } = RunRequest.SkipsInRowMaxByDefault;

    /// <summary>Adds the options to a command and tells how to read them.</summary>
    public static Func<ParseResult, RunSettings> AddOptions(Command command)
    {
        var slots = Number("--slots-per-step", "Slots whose gradients make a step, one after the other where there are fewer devices (gradient accumulation): the batch is so many times the recipe's slot. Those of the recipe without it.", 1, RunSpec.SlotCountMax);
        var clip = ClipNormOption();
        var blocks = Number("--checkpointed-blocks", "Last blocks of the image encoder that compute their activations again in the backward pass (gradient checkpointing): less memory, more time, the same weights. Those of the recipe without it.", 0, NumberMax);
        var shards = BoundedOptions.Number("--shards", "Parameter shards; 0 for one on each node, but at least 2. The weights do not depend on it.", 0, RunRequest.ShardCountMax, 0);
        var kept = BoundedOptions.Number("--checkpoints-kept", "Newest intact checkpoints to keep.", 1, NumberMax, RunRequest.CheckpointsKeptByDefault);
        var skips = BoundedOptions.Number("--skips-in-row", "Steps in a row whose gradients may be infinite or no numbers, and are skipped; after so many the training goes back to its newest checkpoint, once, and leaves them out.", 1, NumberMax, RunRequest.SkipsInRowMaxByDefault);
        foreach (var option in new Option[] { slots, clip, blocks, shards, kept, skips }) command.Add(option);
        return result => new RunSettings
        {
            SlotsPerStep = result.GetValue(slots),
            ClipNorm = result.GetValue(clip),
            CheckpointedBlocks = result.GetValue(blocks),
            Shards = result.GetValue(shards),
            CheckpointsKept = result.GetValue(kept),
            SkipsInRowMax = result.GetValue(skips),
        };
    }

    /// <summary>The recipe with what is set of it; what is not stays as it was written, and with it the run's identity.</summary>
    /// <exception cref="CommandException">The recipe's image encoder has fewer blocks.</exception>
    public TrainingTemplate On(TrainingTemplate recipe)
    {
        if (SlotsPerStep is { } slots) recipe = recipe with { SlotCount = slots };
        if (ClipNorm is { } norm)
        {
            var training = TrainingSettings.FromJson(recipe.Optimizer);
            recipe = recipe with { Optimizer = (training with { Optimizer = training.Optimizer with { ClipNorm = norm > 0 ? norm : null } }).ToJson() };
        }
        if (CheckpointedBlocks is not { } blocks) return recipe;
        var model = ModelSpec.FromJson(recipe.Model);
        if (blocks > model.Vision.Depth) throw new CommandException(ExitCode.Usage, $"--checkpointed-blocks is {blocks}; the recipe's image encoder has {model.Vision.Depth} blocks, give a number from 0 to that");
        return recipe with { Model = (model with { Vision = model.Vision with { CheckpointedBlocks = blocks } }).ToJson() };
    }

    /// <summary>The request with what concerns the cluster.</summary>
    public RunRequest On(RunRequest run) => run with { ShardCount = Shards, CheckpointsKept = CheckpointsKept, SkipsInRowMax = SkipsInRowMax };

    private static Option<int?> Number(string name, string description, int least, int most)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        BoundedOptions.Bound(option, least, most);
        return option;
    }

    private static Option<double?> ClipNormOption()
    {
        var option = new Option<double?>("--clip-norm") { Description = "Largest norm of a step's mean gradient over all weights; a longer one is scaled down to it (global-norm clipping). 0 for no limit; that of the recipe without it.", HelpName = "X" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, out var given) && !(given >= 0 && given <= ClipNormMax))
                result.AddError($"{option.Name} is {given}; give a number from 0 to {ClipNormMax}.");
        });
        return option;
    }
}
