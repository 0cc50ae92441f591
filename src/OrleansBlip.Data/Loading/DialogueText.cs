using OrleansBlip.Data.Order;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Loading;

/// <summary>
/// What a model reads of a dialogue to tell whether its last answer is the true one (BLIP §5.5): earlier questions and answers, the question and the answer, one
/// after the other.
/// </summary>
internal sealed class DialogueText(CaptionTokenizer tokenizer, DataSpec spec)
{
    private const int FrameTokens = 2;

    /// <summary>Draws the true answer with probability 1/2, else one of those that read otherwise, each with the same probability.</summary>
    /// <returns>The text, which fits <see cref="DataSpec.TokensMax"/>, and 1 where its answer is the true one, 0 where not.</returns>
    /// <exception cref="DatasetException">There is no other answer, or the drawn one is too long.</exception>
    public (string Text, long Label) Draw(string question, DialogueRound round, KeyedRandom random)
    {
        var truth = Clean(round.Answer);
        string[] others = [.. round.Options.Select(Clean).Where(option => option.Length > 0 && option != truth)];
        if (others.Length == 0)
            throw new DatasetException($"the question \"{question}\" has no \"answer_options\" beside its answer; train on a split that has them.");
        return random.NextBool() ? (Join(question, round, truth), 1) : (Join(question, round, random.Pick(others)), 0);
    }

    // The answer stays whole. What does not fit goes: the oldest rounds, and if need be the last words of the question.
    private string Join(string question, DialogueRound round, string answer)
    {
        var room = spec.TokensMax - FrameTokens - Count(answer);
        if (room < 0)
            throw new DatasetException($"the answer \"{answer}\" has {Count(answer)} tokens beside [CLS] and [SEP], of at most {spec.TokensMax}; raise tokensMax.");
        question = CaptionText.PreQuestion(question, spec.CaptionWordsMax);
        while (Count(question) > room) question = question[..Math.Max(question.LastIndexOf(' '), 0)];
        room -= Count(question);
        var said = new List<string> { answer, question };
        for (var earlier = round.History.Count - 1; earlier >= 0; earlier--)
        {
            var text = $"{Clean(round.History[earlier].Question)} {Clean(round.History[earlier].Answer)}";
            if ((room -= Count(text)) < 0) break;
            said.Add(text);
        }
        said.Reverse();
        return string.Join(' ', said);
    }

    private int Count(string text) => tokenizer.Encode(text).Count;

    private static string Clean(string text) => CaptionText.PreQuestion(text, int.MaxValue);
}
