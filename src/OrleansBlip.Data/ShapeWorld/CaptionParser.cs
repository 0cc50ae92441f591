namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Reads a caption into a claim by recursive descent over the grammar that <see cref="CaptionGrammar"/> states. It asks for no particular article and
/// knows no other leniency: what it cannot read says nothing.
/// </summary>
internal sealed class CaptionParser
{
    private const int WordsMax = 40;

    private static readonly string[][] Openings = [["a", "picture", "of"], ["an", "image", "of"], ["there", "is"], ["here", "is"]];

    private readonly string[] _words;
    private readonly List<Mention> _mentions = [];
    private (int Subject, SpatialRelation Relation, int Other)? _related;
    private int? _objectCount;
    private int _next;

    private CaptionParser(string[] words) => _words = words;

    /// <summary>The caption's meaning, or null for a text that is none of the grammar's captions.</summary>
    public static Claim? Parse(string caption)
    {
        var words = Lexicon.Split(caption);
        if (words.Length > WordsMax)
            return null;
        var parser = new CaptionParser(words);
        return parser.TakeCaption() ? new Claim(parser._mentions, parser._related, parser._objectCount) : null;
    }

    private bool TakeCaption()
    {
        _ = Openings.Any(opening => Take(opening));
        var isComplete = Take("only");
        if (!isComplete)
            TakeTotal();
        if (!(TryTakeRelation(out var relation) ? TakeInverted(relation) : TakePhrases()))
            return false;
        isComplete |= Take("and", "nothing", "else");
        if (isComplete)
        {
            if (_objectCount is not null)
                return false;
            _objectCount = _mentions.Sum(mention => mention.ExactCount ?? 1);
        }
        return _next == _words.Length;
    }

    // "three shapes including"
    private void TakeTotal()
    {
        var number = Array.IndexOf(Lexicon.Numbers, Peek(0));
        if (number < 1 || !Lexicon.Things.Contains(Peek(1)) || Peek(2) != "including")
            return;
        _objectCount = number + 1;
        _next += 3;
    }

    // "below the red circle is a blue square"
    private bool TakeInverted(SpatialRelation relation) => TakeObject() && TakeIs() && TakeObject() && Relate(1, relation, 0);

    private bool TakePhrases()
    {
        if (!TakeElement())
            return false;
        if (TryTakeRelation(out var relation))
            return TakeObject() && Relate(0, relation, 1);
        if (Take("with"))
            return TakeObject() && TryTakeRelationToIt(out relation) && Relate(1, relation, 0);
        while (Peek(0) == "and" && Peek(1) != "nothing")
        {
            _next++;
            if (!TakeElement())
                return false;
        }
        return true;
    }

    private bool Relate(int subject, SpatialRelation relation, int other)
    {
        _related = (subject, relation, other);
        return !_mentions.Any(mention => mention.IsPlural);
    }

    // An object, or "in the top left is" an object.
    private bool TakeElement()
    {
        if (!TryTakePlace(out var row, out var column))
            return TakeObject();
        if (!TakeIs() || !TakeObject() || _mentions[^1] is { Row: not null } or { Column: not null })
            return false;
        _mentions[^1] = _mentions[^1] with { Row = row, Column = column };
        return true;
    }

    private bool TakeIs() => Take("there", "is") || Take("is");

    private bool TakeObject()
    {
        int? exactCount = null;
        if (Array.IndexOf(Lexicon.Numbers, Peek(0)) is >= 0 and var number)
        {
            exactCount = number + 1;
            _next++;
        }
        else if (!Take("a") && !Take("an") && !Take("the"))
        {
            return false;
        }
        else if (Take("single"))
        {
            exactCount = 1;
        }

        var mention = new Mention
        {
            ExactCount = exactCount,
            Size = TakeMeaning(Lexicon.SizeOf),
            Texture = TakeMeaning(Lexicon.TextureOf),
            Colour = TakeMeaning(Lexicon.ColourOf),
            Shape = TakeMeaning(exactCount > 1 ? Lexicon.PluralOf : Lexicon.ShapeOf),
        };
        if (mention.Shape is null && !TakeThings(mention))
            return false;
        var start = _next;
        Take("is");
        if (TryTakePlace(out var row, out var column))
            mention = mention with { Row = row, Column = column };
        else
            _next = start;
        _mentions.Add(mention);
        return true;
    }

    // "two red shapes"; without any attribute it would say nothing but a number.
    private bool TakeThings(Mention mention) =>
        mention is { IsPlural: true } and ({ Size: not null } or { Texture: not null } or { Colour: not null }) && Lexicon.Things.Any(thing => Take(thing));

    private bool TryTakePlace(out int? row, out int? column)
    {
        (row, column) = (null, null);
        var start = _next;
        if ((Take("in") || Take("on") || Take("at")) && Take("the"))
        {
            row = TakeMeaning(Lexicon.RowOf);
            column = TakeMeaning(Lexicon.ColumnOf);
            // The middle without a column is the centre cell; the top without one is the whole row.
            if (row == 1)
                column ??= 1;
            if (row is 0 or 2 && column is 0 or 2)
                Take("corner");
            if (row is null && column is not null)
                Take("side");
        }
        if (row is not null || column is not null)
            return true;
        _next = start;
        return false;
    }

    private bool TryTakeRelation(out SpatialRelation relation)
    {
        var start = _next;
        Take("is");
        if (TryTakeVertical(out relation))
            return true;
        if (Take("to", "the") && TryTakeHorizontal(out relation) && Take("of"))
            return true;
        _next = start;
        return false;
    }

    // "above it", "to its left"
    private bool TryTakeRelationToIt(out SpatialRelation relation) =>
        TryTakeVertical(out relation) ? Take("it") : Take("to", "its") && TryTakeHorizontal(out relation);

    private bool TryTakeVertical(out SpatialRelation relation)
    {
        relation = Peek(0) is "above" or "over" ? SpatialRelation.Above : SpatialRelation.Below;
        return Take("above") || Take("over") || Take("below") || Take("under");
    }

    private bool TryTakeHorizontal(out SpatialRelation relation)
    {
        relation = Peek(0) is "left" ? SpatialRelation.LeftOf : SpatialRelation.RightOf;
        return Take("left") || Take("right");
    }

    private string Peek(int ahead) => _next + ahead < _words.Length ? _words[_next + ahead] : "";

    private bool Take(params ReadOnlySpan<string> words)
    {
        if (!_words.AsSpan(_next).StartsWith(words))
            return false;
        _next += words.Length;
        return true;
    }

    private T? TakeMeaning<T>(IReadOnlyDictionary<string, T> meanings)
        where T : struct
    {
        if (!meanings.TryGetValue(Peek(0), out var meaning))
            return null;
        _next++;
        return meaning;
    }
}
