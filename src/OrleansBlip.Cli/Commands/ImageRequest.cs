using System.Collections.Immutable;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>caption</c>, <c>match</c>, <c>answer</c>, <c>search</c>, <c>judge</c>, <c>features</c>, <c>classify</c> and <c>dialogue rank</c> were asked to do.</summary>
internal sealed record ImageRequest
{
    /// <summary>Pictures or videos: files, folders and patterns.</summary>
    public required ImmutableArray<string> Images { get; init; }

    /// <summary>Frames of each video, 1–64; null where the images are pictures.</summary>
    public int? Frames { get; init; }

    /// <summary>The model folder.</summary>
    public required string Model { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }

    /// <summary>The text to match or search for, or the question; null for captions.</summary>
    public string? Text { get; init; }

    /// <summary>Whether captions are drawn from the likeliest tokens instead of searched for by beams.</summary>
    public bool IsDrawn { get; init; }

    /// <summary>The smallest set of tokens with more than this probability is drawn from.</summary>
    public double TopP { get; init; } = 0.9;

    /// <summary>At most so many tokens are drawn from, 1 or more; null for no such limit.</summary>
    public int? TopK { get; init; }

    /// <summary>Above 1, tokens that occurred become less likely, 1–10.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Seed of the drawing.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Beams of a search.</summary>
    public int Beams { get; init; } = 3;

    /// <summary>Most tokens, the prompt's included.</summary>
    public int LengthMax { get; init; } = 30;

    /// <summary>Least tokens, the prompt's included.</summary>
    public int LengthMin { get; init; }

    /// <summary>File of candidate answers, one a line; null to write answers freely.</summary>
    public string? Answers { get; init; }

    /// <summary>Of a dialogue, what both who talk know of the picture.</summary>
    public string Caption { get; init; } = "";

    /// <summary>Of a dialogue, the rounds before, the oldest first.</summary>
    public ImmutableArray<string> Said { get; init; } = [];

    /// <summary>What features are of: image, text or multimodal.</summary>
    public FeatureKind Kind { get; init; }

    /// <summary>Whether features are projected for comparison.</summary>
    public bool IsProjected { get; init; }

    /// <summary>Names of the classes that pictures are sorted into.</summary>
    public ImmutableArray<string> Classes { get; init; } = [];

    /// <summary>Texts around a class's name, which stands where they say {}.</summary>
    public ImmutableArray<string> Templates { get; init; } = [];

    /// <summary>How many pictures a search returns, or answers a ranking.</summary>
    public int Count { get; init; } = 10;
}
