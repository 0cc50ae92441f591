namespace OrleansBlip.Protocol.Runs;

/// <summary>A run's name: 1 to 64 of a–z, 0–9 and '-'. It is part of grain keys and of checkpoint paths, hence the narrow alphabet.</summary>
[GenerateSerializer, Immutable, Alias("blip.RunId")]
public readonly record struct RunId([property: Id(0)] string Value)
{
    /// <summary>Longest name.</summary>
    public const int LengthMax = 64;

    /// <summary>Whether <paramref name="text"/> may name a run.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: > 0 and <= LengthMax } && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>The run named <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">The name is empty, too long or holds another character.</exception>
    public static RunId Parse(string text) =>
        IsValid(text) ? new(text) : throw new FormatException($"'{text}' cannot name a run: use 1 to {LengthMax} of a-z, 0-9 and '-'.");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
