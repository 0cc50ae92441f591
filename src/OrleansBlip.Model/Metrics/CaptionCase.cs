namespace OrleansBlip.Model.Metrics;

/// <summary>A generated caption and what people wrote about the same image; texts are tokenised, tokens separated by a space.</summary>
/// <param name="Caption">The generated caption; may be empty.</param>
/// <param name="References">At least one reference.</param>
public sealed record CaptionCase(string Caption, IReadOnlyList<string> References)
{
    // Python's str.split(): any run of white space separates, none at the ends.
    internal static string[] Tokens(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
