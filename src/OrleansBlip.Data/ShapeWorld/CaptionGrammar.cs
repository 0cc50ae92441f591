using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Says true things of a scene, in many ways and at most <see cref="WordsMax"/> words:
/// <code>
/// caption  = [opening] ["only" | total] (phrases | relation object "is" object) ["and nothing else"]
/// opening  = "a picture of" | "an image of" | "there is" | "here is"
/// total    = number ("shapes" | "objects") "including"
/// phrases  = element { "and" element } | object ["is"] relation object | object "with" object ("above it" | "to its left" | …)
/// element  = object | place ["there"] "is" object
/// object   = ("a" | "an" | "the" | "a single" | "one") [size] [texture] [colour] shape [["is"] place]
///          | number [size] [texture] [colour] (shapes | "shapes" | "objects") [place]
/// place    = ("in" | "on" | "at") "the" (row column ["corner"] | row | column ["side"])
/// relation = "above" | "over" | "below" | "under" | "to the left of" | "to the right of"
/// </code>
/// Most captions say enough to tell their picture from some hundreds of others. One instance serves one thread.
/// </summary>
internal sealed class CaptionGrammar(KeyedRandom random)
{
    public const int WordsMax = 16;

    // Far more than ever needed: each object alone can be put in hundreds of ways.
    private const int DistinctTriesMax = 200;

    private readonly List<string> _words = [];
    private bool _hasTextures;

    /// <summary>Draws captions that differ from each other, as far as the scene allows.</summary>
    public string[] Draw(Scene scene, int count)
    {
        var captions = new List<string>(count);
        for (var tries = 0; captions.Count < count; tries++)
        {
            var caption = Draw(scene);
            if (tries >= DistinctTriesMax || !captions.Contains(caption))
                captions.Add(caption);
        }
        return [.. captions];
    }

    /// <summary>Draws one caption.</summary>
    public string Draw(Scene scene)
    {
        _hasTextures = scene.Objects.Any(item => item.Texture != ShapeTexture.Plain);
        do
        {
            _words.Clear();
            if (scene.Objects.Length == 1)
                SayOne(scene);
            else
                SayMany(scene);
        }
        while (_words.Count > WordsMax);
        CorrectArticles(_words);
        return string.Join(' ', _words);
    }

    /// <summary>Turns each "a" and "an" into the one that the next word asks for.</summary>
    public static void CorrectArticles(List<string> words)
    {
        for (var i = 0; i + 1 < words.Count; i++)
        {
            if (words[i] is "a" or "an")
                words[i] = words[i + 1][0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an" : "a";
        }
    }

    /// <summary>One of the words of a meaning, the usual one three times in four.</summary>
    public static string Synonym(string[] words, KeyedRandom random) => words.Length > 1 && random.NextInt(4) == 0 ? words[1] : words[0];

    private void SayOne(Scene scene)
    {
        var item = scene.Objects[0];
        // At most one of size and place stays unsaid, so that few other pictures bear the caption out.
        var (withSize, place) = random.NextInt(10) switch
        {
            < 5 => (true, PlaceDetail.Cell),
            < 7 => (false, PlaceDetail.Cell),
            < 9 => (true, PlaceDetail.Line),
            _ => (true, PlaceDetail.None),
        };
        switch (random.NextInt(10))
        {
            case < 5:
                if (random.NextInt(4) == 0)
                    Say("only a");
                else
                    SayOpened(random.NextInt(3) == 0 ? random.Pick(["one", "a single"]) : "a");
                SayDescription(item, withSize);
                SayPlace(item, place);
                break;
            case < 7:
                Say("a");
                SayDescription(item, withSize);
                SayPlace(item, place);
                Say("and nothing else");
                break;
            case < 8:
                Say("the");
                SayDescription(item, withSize);
                Say("is");
                SayPlace(item, PlaceDetail.Cell);
                break;
            default:
                SayPlace(item, PlaceDetail.Cell);
                Say(random.Pick(["is a", "there is a"]));
                SayDescription(item, withSize);
                break;
        }
    }

    private void SayMany(Scene scene)
    {
        var items = scene.Objects.ToArray();
        random.Shuffle(items.AsSpan());
        switch (random.NextInt(20))
        {
            case < 6:
                SayList(items, scene);
                break;
            case < 15:
                SayRelated(items[0], items[1]);
                break;
            case < 18:
                SayTotal(items);
                break;
            default:
                SayAlike(items);
                break;
        }
    }

    private void SayList(SceneObject[] items, Scene scene)
    {
        var count = Math.Min(items.Length, 2 + random.NextInt(2));
        var isComplete = count == scene.Objects.Length && random.NextInt(4) == 0;
        var isOnly = isComplete && random.NextBool();
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
                Say("and a");
            else if (isOnly)
                Say("only a");
            else
                SayOpened("a");
            SayDescription(items[i], random.NextBool());
            SayPlace(items[i], random.NextInt(4) switch { < 2 => PlaceDetail.Cell, 2 => PlaceDetail.Line, _ => PlaceDetail.None });
        }
        if (isComplete && !isOnly)
            Say("and nothing else");
    }

    private void SayRelated(SceneObject a, SceneObject b)
    {
        var relations = Enum.GetValues<SpatialRelation>().Where(relation => relation.Holds(a, b)).ToArray();
        if (relations.Length == 0)
        {
            // Level with each other, one in front: a plain list of the two.
            SayPair(a, "and a", b);
            return;
        }
        var relation = random.Pick(relations);
        switch (random.NextInt(10))
        {
            case < 4:
                SayPair(a, $"{Words(relation)} a", b);
                break;
            case < 6:
                Say("the");
                SayDescription(a, random.NextBool());
                Say($"is {Words(relation)} the");
                SayDescription(b, random.NextBool());
                break;
            case < 8:
                Say($"{Words(relation)} {random.Pick(["a", "the"])}");
                SayDescription(b, random.NextBool());
                Say(random.Pick(["is a", "there is a"]));
                SayDescription(a, random.NextBool());
                break;
            default:
                SayPair(b, "with a", a);
                Say(relation switch
                {
                    SpatialRelation.LeftOf => "to its left",
                    SpatialRelation.RightOf => "to its right",
                    SpatialRelation.Above => "above it",
                    _ => "below it",
                });
                break;
        }
    }

    private void SayPair(SceneObject first, string joint, SceneObject second)
    {
        Say("a");
        SayDescription(first, random.NextBool());
        Say(joint);
        SayDescription(second, random.NextBool());
    }

    // One of the objects in full, and how many there are in all.
    private void SayTotal(SceneObject[] items)
    {
        Say($"{Lexicon.Numbers[items.Length - 1]} {random.Pick(Lexicon.Things)} including a");
        SayDescription(items[0], withSize: true);
        SayPlace(items[0], PlaceDetail.Cell);
    }

    // "two red circles", or a list where no two objects are alike.
    private void SayAlike(SceneObject[] items)
    {
        var first = items[0];
        var isByColour = random.NextBool();
        var alike = items.Where(item => isByColour ? item.Colour == first.Colour : item.Shape == first.Shape).ToArray();
        if (alike.Length < 2)
        {
            SayPair(first, "and a", items[1]);
            return;
        }
        var isOfOneShape = alike.All(item => item.Shape == first.Shape);
        var isOfOneColour = alike.All(item => item.Colour == first.Colour);
        Say(Lexicon.Numbers[alike.Length - 1]);
        if (alike.All(item => item.Size == first.Size))
            Say(SynonymOf(Lexicon.Sizes[(int)first.Size]));
        if (isOfOneColour)
            Say(Lexicon.Colours[(int)first.Colour]);
        Say(isOfOneShape ? Lexicon.Plurals[(int)first.Shape] : random.Pick(Lexicon.Things));
        var other = items.FirstOrDefault(item => !alike.Contains(item));
        if (other is null)
            return;
        Say("and a");
        SayDescription(other, random.NextBool());
    }

    private void SayOpened(string article)
    {
        if (random.NextInt(3) == 0)
            Say(random.Pick(["a picture of", "an image of", "there is", "here is"]));
        Say(article);
    }

    private void SayDescription(SceneObject item, bool withSize)
    {
        if (withSize)
            Say(SynonymOf(Lexicon.Sizes[(int)item.Size]));
        // That a surface is plain is worth a word only beside others.
        if (_hasTextures && random.NextBool(item.Texture == ShapeTexture.Plain ? 0.3 : 0.8))
            Say(Lexicon.Textures[(int)item.Texture]);
        Say(Lexicon.Colours[(int)item.Colour]);
        Say(Lexicon.Shapes[(int)item.Shape]);
    }

    private void SayPlace(SceneObject item, PlaceDetail detail)
    {
        var (row, column) = (SynonymOf(Lexicon.Rows[item.Row]), SynonymOf(Lexicon.Columns[item.Column]));
        var (isMiddleRow, isMiddleColumn) = (item.Row == 1, item.Column == 1);
        if (detail == PlaceDetail.None)
            return;
        if (detail == PlaceDetail.Line && !(isMiddleRow && isMiddleColumn))
        {
            var isByColumn = isMiddleRow || (!isMiddleColumn && random.NextBool());
            Say(isByColumn ? $"on the {Lexicon.Columns[item.Column][0]}" : $"at the {Lexicon.Rows[item.Row][0]}");
            if (isByColumn && random.NextInt(3) == 0)
                Say("side");
            return;
        }
        Say(isMiddleRow && isMiddleColumn ? $"in the {row}" : $"in the {row} {column}");
        if (!isMiddleRow && !isMiddleColumn && random.NextInt(4) == 0)
            Say("corner");
    }

    private string Words(SpatialRelation relation) => relation switch
    {
        SpatialRelation.LeftOf => "to the left of",
        SpatialRelation.RightOf => "to the right of",
        SpatialRelation.Above => SynonymOf(["above", "over"]),
        SpatialRelation.Below => SynonymOf(["below", "under"]),
        _ => throw new ArgumentOutOfRangeException(nameof(relation), relation, "There is no such relation."),
    };

    private string SynonymOf(string[] words) => Synonym(words, random);

    private void Say(string words) => _words.AddRange(words.Split(' '));

    private enum PlaceDetail
    {
        None,
        Line,
        Cell,
    }
}
