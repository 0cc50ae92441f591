namespace OrleansBlip.Model.Metrics;

/// <summary>
/// VQA accuracy (Antol et al., 2015): an answer counts a third for each person who gave it, at most one, averaged over leaving one person out.
/// </summary>
public static class VqaAccuracy
{
    /// <summary>Accuracy of one question, 0 to 1.</summary>
    public static double Of(VqaQuestion question)
    {
        string given = VqaAnswer.Clean(question.Given);
        IReadOnlyList<string> accepted = question.Accepted;
        // Where all people agree, the original compares the texts as they are.
        if (accepted.Distinct(StringComparer.Ordinal).Skip(1).Any())
        {
            given = VqaAnswer.Normalize(given);
            accepted = [.. accepted.Select(VqaAnswer.Normalize)];
        }
        int matches = accepted.Count(answer => answer == given);
        return accepted.Average(answer => Math.Min(1, (matches - (answer == given ? 1 : 0)) / 3.0));
    }

    /// <summary>Mean accuracy of several questions in percent, rounded to two digits.</summary>
    public static double PercentOf(IEnumerable<VqaQuestion> questions) => Math.Round(100 * questions.Average(Of), 2);
}
