using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Draws what stands in place of a picture's own caption. One instance serves one text.</summary>
internal sealed class WebNoise(ShapeWorldLevel level, KeyedRandom random)
{
    private const int SpamWordsMin = 4;
    private const int SpamWordsMax = 8;

    private static readonly string[] SpamWords =
    [
        "buy", "cheap", "best", "price", "online", "free", "shipping", "wall", "art", "poster", "print", "canvas", "gift", "sale", "discount", "hd",
        "wallpaper", "download", "stock", "photo", "vector", "royalty", "2021", "shop",
    ];

    private static readonly string[] EmptyWords = ["image", "photo", "picture", "img", "untitled", "thumbnail", "logo", "null"];

    private static readonly string[][][] GridAttributes = AttributesOf(ShapeWorldLevel.Grid), FreeAttributes = AttributesOf(ShapeWorldLevel.Free);

    private readonly string[][][] _attributes = level == ShapeWorldLevel.Grid ? GridAttributes : FreeAttributes;

    /// <summary>Draws a kind by the shares.</summary>
    public TextKind DrawKind(NoiseShares shares)
    {
        var draw = random.NextDouble();
        ReadOnlySpan<(TextKind Kind, double Share)> kinds =
        [
            (TextKind.Borrowed, shares.Borrowed), (TextKind.HalfTrue, shares.HalfTrue), (TextKind.FileName, shares.FileName),
            (TextKind.Spam, shares.Spam), (TextKind.Empty, shares.Empty),
        ];
        foreach (var (kind, share) in kinds)
        {
            if (draw < share)
                return kind;
            draw -= share;
        }
        return TextKind.Own;
    }

    /// <summary>The index of another picture.</summary>
    public int DrawOther(int index, int count) => (index + 1 + random.NextInt(count - 1)) % count;

    /// <summary>The caption with one word exchanged for one that contradicts it.</summary>
    public string ChangeAttribute(string caption)
    {
        var words = Lexicon.Split(caption).ToList();
        var places = Enumerable.Range(0, words.Count).Where(place => AttributeOf(words[place]) is not null).ToArray();
        var changed = random.Pick(places);
        var others = AttributeOf(words[changed])!.Where(synonyms => !synonyms.Contains(words[changed])).ToArray();
        // Synonyms as often as the grammar takes them, lest the choice of words give the lie away.
        words[changed] = CaptionGrammar.Synonym(random.Pick(others), random);
        CaptionGrammar.CorrectArticles(words);
        return string.Join(' ', words);
    }

    /// <summary>A camera's or a web page's file name.</summary>
    public string DrawFileName()
    {
        var number = random.NextInt(1, 10_000);
        return random.NextInt(6) switch
        {
            0 or 1 => $"IMG_{number:D4}.JPG",
            2 => $"DSC_{number:D4}.jpg",
            3 => $"DSCN{number:D4}.JPG",
            4 => $"image{number % 1000:D3}.png",
            _ => $"untitled-{number % 100}.jpg",
        };
    }

    /// <summary>Words for search engines.</summary>
    public string DrawSpam()
    {
        var words = SpamWords.ToArray();
        random.Shuffle(words.AsSpan());
        return string.Join(' ', words.Take(random.NextInt(SpamWordsMin, SpamWordsMax + 1)));
    }

    /// <summary>One word that says nothing.</summary>
    public string DrawEmpty() => random.Pick(EmptyWords);

    private string[][]? AttributeOf(string word) => _attributes.FirstOrDefault(attribute => attribute.Any(synonyms => synonyms.Contains(word)));

    // The words of one attribute by meaning: any word of another meaning contradicts. A shape or colour that the level never shows would give the lie away.
    private static string[][][] AttributesOf(ShapeWorldLevel level)
    {
        var (shapes, colours) = (Lexicon.ShapeCountOf(level), Lexicon.ColourCountOf(level));
        return
        [
            Alone(Lexicon.Shapes[..shapes]), Alone(Lexicon.Plurals[..shapes]), Alone(Lexicon.Colours[..colours]), Alone(Lexicon.Textures), Alone(Lexicon.Numbers[1..]), Lexicon.Sizes,
            [["top", "upper"], ["bottom", "lower"]], [["left"], ["right"]], [["above", "over"], ["below", "under"]],
        ];
    }

    private static string[][] Alone(string[] words) => [.. words.Select(word => new[] { word })];
}
