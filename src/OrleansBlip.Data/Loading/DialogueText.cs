using OrleansBlip.Data.Order;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Loading;

/// <summary>
/// What a model reads of a dialogue to tell whether its last answer is the true one (BLIP §5.5): earlier questions and answers, the question and the answer, one
/// after the other.
/// </summary>
/// <param name="tokenizer">Counts tokens.</param>
/// <param name="spec">How many there may be.</param>
public sealed class DialogueText(CaptionTokenizer tokenizer, DataSpec spec)
{
    private const int FrameTokens = 2;

    /// <summary>An answer as it is read: cleaned as questions are. Of one made of nothing but signs these stay, for nothing else would be left of it.</summary>
    public static string Read(string answer) => Clean(answer) is { Length: > 0 } cleaned ? cleaned : answer.Trim();

    /// <summary>The text in which an answer is to be judged; one that is longer than the text may be stands alone, and is cut when it is framed.</summary>
    public string Of(string question, IReadOnlyList<(string Question, string Answer)> history, string answer) => Join(question, history, Read(answer), mayBeCut: true);

    /// <summary>Draws the true answer with probability 1/2, else one of those that read otherwise, each with the same probability.</summary>
    /// <returns>The text, which fits <see cref="DataSpec.TokensMax"/>, and 1 where its answer is the true one, 0 where not.</returns>
    /// <exception cref="DatasetException">There is no other answer, or the drawn one is too long.</exception>
    public (string Text, long Label) Draw(string question, DialogueRound round, KeyedRandom random)
    {
        var truth = Read(round.Answer);
        string[] others = [.. round.Options.Select(Read).Where(option => option.Length > 0 && option != truth)];
        if (others.Length == 0)
            throw new DatasetException($"the question \"{question}\" has no \"answer_options\" beside its answer; train on a split that has them.");
        return random.NextBool() ? (Join(question, round.History, truth), 1) : (Join(question, round.History, random.Pick(others)), 0);
    }

    // The answer stays whole. What does not fit goes: the oldest rounds, and if need be the last words of the question.
    private string Join(string question, IReadOnlyList<(string Question, string Answer)> history, string answer, bool mayBeCut = false)
    {
        var room = spec.TokensMax - FrameTokens - Count(answer);
        if (room < 0 && mayBeCut)
            return answer;
        if (room < 0)
            throw new DatasetException($"the answer \"{answer}\" has {Count(answer)} tokens beside [CLS] and [SEP], of at most {spec.TokensMax}; raise tokensMax.");
        question = CaptionText.PreQuestion(question, spec.CaptionWordsMax);
        while (Count(question) > room) question = question[..Math.Max(question.LastIndexOf(' '), 0)];
        room -= Count(question);
        var said = new List<string> { answer, question };
        for (var earlier = history.Count - 1; earlier >= 0; earlier--)
        {
            var text = $"{Clean(history[earlier].Question)} {Clean(history[earlier].Answer)}";
            if ((room -= Count(text)) < 0) break;
            said.Add(text);
        }
        said.Reverse();
        return string.Join(' ', said);
    }

    private int Count(string text) => tokenizer.Encode(text).Count;

    private static string Clean(string text) => CaptionText.PreQuestion(text, int.MaxValue);
}
