using System.Collections.Immutable;

namespace OrleansBlip.Chaos.Mutants;

/// <summary>The mistakes that would cost the promise of the same bits, each made on purpose.</summary>
internal static class MutantCatalogue
{
    private const string Grains = "OrleansBlip.Grains", Model = "OrleansBlip.Model", Data = "OrleansBlip.Data";
    private const string ShardLedger = "Training/Shards/ShardLedger.cs", ShardMemory = "Training/Shards/ShardMemory.cs";
    private const string GrainsTests = "OrleansBlip.Grains.Tests", SiloTests = "OrleansBlip.Silo.Tests", ModelTests = "OrleansBlip.Model.Tests", DataTests = "OrleansBlip.Data.Tests";

    /// <summary>All of them.</summary>
    public static ImmutableArray<Mutant> All { get; } =
    [
        new("the fence is dropped", Grains, ShardLedger,
            "if (view != View || Role == ShardRole.Backup) return (Answer(PushOutcome.Fenced), []);",
            "if (Role == ShardRole.Backup) return (Answer(PushOutcome.Fenced), []);",
            GrainsTests, "InvariantTests"),
        new("dedupe is dropped", Grains, ShardLedger,
            "if (IsCovered(node)) return (Answer(PushOutcome.Duplicate), []);",
            "",
            GrainsTests, "InvariantTests"),
        new("sums are made in the order of arrival", Grains, ShardMemory,
            "block.Span.CopyTo(copy);\n",
            "if (_sums.Count == 0) block.Span.CopyTo(copy);\n                else\n                {\n                    copy.AsSpan().Clear();\n"
            + "                    GradientSum.Add(_sums.Values.First().Values.Span, block.Span, _spec.GradientPrecision, _degree());\n                }\n",
            SiloTests, "SameBitsTests.Run_OnNodesWithAnyNumberOfShards_EndsWithThePlainLoopsWeights"),
        new("fsync is skipped", Data, "Durability/DurableFile.cs",
            "_disk.Flush(_stream);",
            "_stream.Flush();",
            GrainsTests, "PowerCutTests"),
        new("a checksum is ignored", Grains, "Training/Checkpoints/CheckpointStore.cs",
            "if (actual != expected.Sha256) throw",
            "if (actual.Length != expected.Sha256.Length) throw",
            GrainsTests, "CheckpointStoreTests.OpenNewest_AnyFileDamagedAnywhere_FallsBackToOlder"),
        new("a shard carries another verdict out", Grains, ShardLedger,
            "verdict.Kind == VerdictKind.Apply ? new ShardAction.Apply(verdict.SquaredNorm) : new ShardAction.CarryOver()",
            "verdict.Kind == VerdictKind.Apply || !verdict.IsAmended ? new ShardAction.Apply(verdict.SquaredNorm) : new ShardAction.CarryOver()",
            GrainsTests, "InvariantTests"),
        new("momentum weights are averaged once a slot, of which there are five", Model, "Optimization/ParameterShardState.cs",
            "new AdamW<T>(step, UpdateCount + 1, decays: false), step.Momentum);",
            "new AdamW<T>(step, UpdateCount + 1, decays: false), Math.Pow(step.Momentum, 5));",
            ModelTests, "ParameterShardStateTests.Apply_Double_FollowsFormula"),
        new("the queue is filled in the order of arrival", Grains, ShardMemory,
            "private readonly SortedDictionary<int, FeatureBlock> _features = [];",
            "private readonly Dictionary<int, FeatureBlock> _features = [];",
            SiloTests, "SameBitsTests.Run_OnNodesWithAnyNumberOfShards_EndsWithThePlainLoopsWeights"),
        new("random state lives with the process and is lost with it", Grains, "Training/Slots/BlipSlotComputer.cs",
            "Random = new SlotRandom(_seed, step.Value, slot)",
            "Random = new SlotRandom(_seed, step.Value + System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(_model), slot)",
            SiloTests, "RealModelTests.Run_OnAnyNodesAndDevices_EndsWithThePlainLoopsWeights"),
        new("the position in the data is off by one", Data, "Loading/BatchLoader.cs",
            "(place.Step * SlotCount + place.Slot) * SlotSize + row;",
            "(place.Step * SlotCount + place.Slot) * SlotSize + row + 1;",
            DataTests, "BatchLoaderTests.Load_OneEpoch_GivesEachPairOnce"),
    ];
}
