using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Cli.Jobs;

/// <summary>What one seed of the demo gave.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Arms">Scores by arm.</param>
/// <param name="Round">The round of CapFilt: its models and its data set.</param>
internal sealed record DemoSeedResult(long Seed, IReadOnlyDictionary<string, EvaluationOutcome> Arms, BootstrapRound Round);
