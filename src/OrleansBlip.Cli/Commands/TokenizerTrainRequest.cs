using System.Collections.Immutable;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>tokenizer train</c> was asked to do.</summary>
internal sealed record TokenizerTrainRequest
{
    /// <summary>The sets whose captions are read, as given.</summary>
    public required ImmutableArray<string> Data { get; init; }

    /// <summary>Vocabulary file to write.</summary>
    public required string Out { get; init; }

    /// <summary>Most entries the vocabulary may have, special tokens included.</summary>
    public required int EntriesMax { get; init; }
}
