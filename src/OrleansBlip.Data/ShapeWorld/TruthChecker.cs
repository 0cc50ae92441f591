namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Decides whether a caption is true of a scene by reading it, not by knowing where it came from. "A red circle" is true where there is at least
/// one; "two red circles", "one red circle" and "a single red circle" where there are exactly so many; "only" and "nothing else" where there is no other
/// object; "in the top left" means that cell of the 3×3, "at the top" and "on the left" that row and column, "in the middle" the middle cell; a relation
/// holds when centres differ by at least a sixth of the side. What cannot be read is untrue.
/// </summary>
public static class TruthChecker
{
    /// <summary>Every word that a caption can hold, in ordinal order.</summary>
    public static IReadOnlyList<string> Vocabulary => Lexicon.Vocabulary;

    /// <summary>Whether the caption can be read and is true of the scene.</summary>
    public static bool IsTrue(string caption, Scene scene) => CaptionParser.Parse(caption)?.IsTrueOf(scene) ?? false;

    /// <summary>Whether the text is a caption of the world's language, true or not.</summary>
    public static bool CanRead(string text) => CaptionParser.Parse(text) is not null;
}
