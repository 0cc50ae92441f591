using System.Collections.Immutable;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// The colours and shapes that a text names, whether it can be parsed or not: an untrue or clumsy caption is scored by them as well. A shape's colour
/// is the last colour word between it and the shape before it.
/// </summary>
public sealed record CaptionMentions
{
    /// <summary>Each colour with the shape that it is said of.</summary>
    public required ImmutableHashSet<(ShapeColour Colour, ShapeKind Shape)> Pairs { get; init; }

    /// <summary>The colours.</summary>
    public required ImmutableHashSet<ShapeColour> Colours { get; init; }

    /// <summary>The shapes.</summary>
    public required ImmutableHashSet<ShapeKind> Shapes { get; init; }

    /// <summary>What the text names.</summary>
    public static CaptionMentions Of(string text)
    {
        var pairs = ImmutableHashSet.CreateBuilder<(ShapeColour, ShapeKind)>();
        var colours = ImmutableHashSet.CreateBuilder<ShapeColour>();
        var shapes = ImmutableHashSet.CreateBuilder<ShapeKind>();
        ShapeColour? last = null;
        foreach (var word in Lexicon.Split(text))
        {
            if (Lexicon.ColourOf.TryGetValue(word, out var colour))
            {
                colours.Add(colour);
                last = colour;
            }
            else if (Lexicon.ShapeOf.TryGetValue(word, out var shape) || Lexicon.PluralOf.TryGetValue(word, out shape))
            {
                shapes.Add(shape);
                if (last is { } its)
                    pairs.Add((its, shape));
                last = null;
            }
        }
        return new CaptionMentions { Pairs = pairs.ToImmutable(), Colours = colours.ToImmutable(), Shapes = shapes.ToImmutable() };
    }

    /// <summary>What a text that leaves nothing out would name.</summary>
    public static CaptionMentions Of(Scene scene) => new()
    {
        Pairs = [.. scene.Objects.Select(item => (item.Colour, item.Shape))],
        Colours = [.. scene.Objects.Select(item => item.Colour)],
        Shapes = [.. scene.Objects.Select(item => item.Shape)],
    };
}
