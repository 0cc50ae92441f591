using OrleansBlip.Data.Versions;
using OrleansBlip.Grains.Evaluation;

namespace OrleansBlip.Cli.Jobs.Arms;

/// <summary>All arms of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Arms">What they came to, by name.</param>
/// <param name="Filter">How well the first round's filter judged.</param>
/// <param name="Texts">The texts that it judged.</param>
internal sealed record SeedOutcome(long Seed, IReadOnlyDictionary<string, ArmOutcome> Arms, FilterEvaluation Filter, IReadOnlyList<CaptionRecord> Texts);
