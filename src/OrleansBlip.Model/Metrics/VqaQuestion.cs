namespace OrleansBlip.Model.Metrics;

/// <summary>A question's answers.</summary>
/// <param name="Given">The model's answer.</param>
/// <param name="Accepted">What people answered, ten of them as a rule.</param>
/// <param name="QuestionType">First words of the question, e.g. "how many".</param>
/// <param name="AnswerType">yes/no, number or other.</param>
public sealed record VqaQuestion(string Given, IReadOnlyList<string> Accepted, string QuestionType, string AnswerType);
