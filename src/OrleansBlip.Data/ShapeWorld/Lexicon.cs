using System.Collections.Frozen;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>The words of the captions, and what those that carry meaning mean. Where a meaning has two words, the first is the usual one.</summary>
internal static class Lexicon
{
    /// <summary>Words by <see cref="ShapeKind"/>.</summary>
    public static readonly string[] Shapes = ["circle", "triangle", "star", "cross", "ring", "heart", "moon", "hourglass", "square", "diamond"];

    /// <summary>Plurals by <see cref="ShapeKind"/>.</summary>
    public static readonly string[] Plurals =
        ["circles", "triangles", "stars", "crosses", "rings", "hearts", "moons", "hourglasses", "squares", "diamonds"];

    /// <summary>How many of the shapes a level shows: the grid all but the last, the diamond.</summary>
    public static int ShapeCountOf(ShapeWorldLevel level) => level == ShapeWorldLevel.Grid ? 9 : Shapes.Length;

    /// <summary>Words by <see cref="ShapeColour"/>.</summary>
    public static readonly string[] Colours = ["red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "white", "black"];

    /// <summary>How many of the colours a level shows: the grid, whose backgrounds are dark, all but the last, black.</summary>
    public static int ColourCountOf(ShapeWorldLevel level) => level == ShapeWorldLevel.Grid ? 9 : Colours.Length;

    /// <summary>Words by <see cref="ShapeSize"/>.</summary>
    public static readonly string[][] Sizes = [["small", "little"], ["medium"], ["large", "big"]];

    /// <summary>Words by <see cref="ShapeTexture"/>.</summary>
    public static readonly string[] Textures = ["plain", "striped", "dotted", "checkered", "netted"];

    /// <summary>Words of the rows of cells, from the top.</summary>
    public static readonly string[][] Rows = [["top", "upper"], ["middle", "centre"], ["bottom", "lower"]];

    /// <summary>Words of the columns of cells, from the left.</summary>
    public static readonly string[][] Columns = [["left"], ["middle", "centre"], ["right"]];

    /// <summary>Words of exact counts, from one.</summary>
    public static readonly string[] Numbers = ["one", "two", "three", "four"];

    /// <summary>Nouns of objects of any shape, in the plural.</summary>
    public static readonly string[] Things = ["shapes", "objects"];

    /// <summary>Words that only join others.</summary>
    public static readonly string[] Joints =
    [
        "a", "an", "the", "single", "only", "and", "with", "including", "nothing", "else", "there", "here", "is", "picture", "image", "of", "in", "on", "at",
        "to", "its", "it", "side", "corner", "above", "over", "below", "under",
    ];

    /// <summary>Meanings of words for shapes, in the singular.</summary>
    public static readonly FrozenDictionary<string, ShapeKind> ShapeOf = Index(Shapes, meaning => (ShapeKind)meaning);

    /// <summary>Meanings of words for shapes, in the plural.</summary>
    public static readonly FrozenDictionary<string, ShapeKind> PluralOf = Index(Plurals, meaning => (ShapeKind)meaning);

    /// <summary>Meanings of words for colours.</summary>
    public static readonly FrozenDictionary<string, ShapeColour> ColourOf = Index(Colours, meaning => (ShapeColour)meaning);

    /// <summary>Meanings of words for sizes.</summary>
    public static readonly FrozenDictionary<string, ShapeSize> SizeOf = Index(Sizes, meaning => (ShapeSize)meaning);

    /// <summary>Meanings of words for textures.</summary>
    public static readonly FrozenDictionary<string, ShapeTexture> TextureOf = Index(Textures, meaning => (ShapeTexture)meaning);

    /// <summary>Rows of cells by word.</summary>
    public static readonly FrozenDictionary<string, int> RowOf = Index(Rows, meaning => meaning);

    /// <summary>Columns of cells by word.</summary>
    public static readonly FrozenDictionary<string, int> ColumnOf = Index(Columns, meaning => meaning);

    /// <summary>Every word that the grammar can say, in ordinal order.</summary>
    public static readonly string[] Vocabulary =
    [
        .. new[] { Shapes, Plurals, Colours, Textures, Numbers, Things, Joints }.Concat(Sizes).Concat(Rows).Concat(Columns)
            .SelectMany(words => words).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>The words of a text: lower case, without punctuation.</summary>
    public static string[] Split(string text) => text.ToLowerInvariant().Split(Separators, StringSplitOptions.RemoveEmptyEntries);

    private static readonly char[] Separators = [' ', '\t', '\r', '\n', '.', ',', ':', ';', '!', '?', '"'];

    private static FrozenDictionary<string, T> Index<T>(string[] words, Func<int, T> meaningAt) => Index([.. words.Select(word => new[] { word })], meaningAt);

    // A word means its place in its table.
    private static FrozenDictionary<string, T> Index<T>(string[][] words, Func<int, T> meaningAt) => words
        .SelectMany((synonyms, place) => synonyms.Select(word => (word, place)))
        .ToFrozenDictionary(pair => pair.word, pair => meaningAt(pair.place), StringComparer.Ordinal);
}
