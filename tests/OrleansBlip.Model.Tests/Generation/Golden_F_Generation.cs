using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Generation;

[Trait("Category", "Parity")]
public sealed class Golden_F_Generation
{
    private const string Case = "f-caption";
    private const int Vocabulary = 200;
    private const long EndId = 3;

    private delegate void Change(Span<float> scores, long[] prefix);

    [GoldenTheory(Case)]
    [InlineData("rep1.1")]
    [InlineData("minlen10")]
    [InlineData("minlen9")]
    [InlineData("topk50")]
    [InlineData("topp0.9")]
    [InlineData("topp0.5")]
    [InlineData("topp0.9_min3")]
    [InlineData("topk50_topp0.9")]
    [InlineData("nucleus_chain")]
    [InlineData("rep1.1_logprob")]
    public void Warpers_EachRow(string name)
    {
        Change change = name switch
        {
            "rep1.1" or "rep1.1_logprob" => (scores, prefix) => LogitsProcessors.RepetitionPenalty(scores, prefix, 1.1),
            "minlen10" => (scores, prefix) => LogitsProcessors.MinLength(scores, prefix.Length, 10, EndId),
            "minlen9" => (scores, prefix) => LogitsProcessors.MinLength(scores, prefix.Length, 9, EndId),
            "topk50" => (scores, _) => LogitsProcessors.TopK(scores, 50),
            "topp0.9" => (scores, _) => LogitsProcessors.TopP(scores, 0.9, new double[Vocabulary]),
            "topp0.5" => (scores, _) => LogitsProcessors.TopP(scores, 0.5, new double[Vocabulary]),
            "topp0.9_min3" => (scores, _) => LogitsProcessors.TopP(scores, 0.9, new double[Vocabulary], 3),
            "topk50_topp0.9" => (scores, _) =>
            {
                LogitsProcessors.TopK(scores, 50);
                LogitsProcessors.TopP(scores, 0.9, new double[Vocabulary]);
            },
            _ => (scores, prefix) =>
            {
                LogitsProcessors.RepetitionPenalty(scores, prefix, 1.1);
                LogitsProcessors.MinLength(scores, prefix.Length, 10, EndId);
                LogitsProcessors.TopK(scores, 50);
                LogitsProcessors.TopP(scores, 0.9, new double[Vocabulary]);
            },
        };
        using var file = Open("warpers");
        var before = file.Read<float>(name == "rep1.1_logprob" ? "logprob" : "logits");
        var (prefixes, expected) = (file.Read<long>("prefix_ids"), file.Read<float>(name));
        for (int row = 0; row < 8; row++)
        {
            var scores = before[(row * Vocabulary)..((row + 1) * Vocabulary)];
            var wanted = expected[(row * Vocabulary)..((row + 1) * Vocabulary)];
            change(scores, prefixes[(row * 9)..((row + 1) * 9)]);
            // Row 6 has ties, of which the reference keeps arbitrary ones.
            if (row == 6) (scores, wanted) = ([.. scores.Order()], [.. wanted.Order()]);
            for (int token = 0; token < Vocabulary; token++)
                Assert.True(wanted[token] == scores[token] || Math.Abs(wanted[token] - scores[token]) <= 1e-6 * Math.Abs(wanted[token]),
                    $"{Case}/warpers {name}[{row}, {token}]: {scores[token]} instead of {wanted[token]}.");
        }
    }

    [GoldenFact(Case)]
    public void Nucleus_RecordedRun_DrawsSameIds()
    {
        // Fed with the recorded logits and the middle of each drawn token's part of the recorded distribution, the sampler must draw the recorded ids.
        using var file = Open("nucleus");
        var sequences = file.Read<long>("sequences");
        var (logits, probabilities, sampled) = (new float[16][], new float[16][], new long[16][]);
        for (int step = 0; step < 16; step++)
        {
            (logits[step], probabilities[step]) = (file.Read<float>($"step{step}.raw_logits"), file.Read<float>($"step{step}.probs"));
            sampled[step] = file.Read<long>($"step{step}.sampled");
        }

        double Uniform(int row, int step)
        {
            int drawn = (int)sampled[step][row];
            return probabilities[step].Skip(row * Vocabulary).Take(drawn).Sum(p => (double)p) + probabilities[step][row * Vocabulary + drawn] / 2.0;
        }
        using var session = new TableSession(4, Vocabulary, (image, ids) => logits[ids.Count - 4][(image * Vocabulary)..((image + 1) * Vocabulary)]);
        var actual = NucleusSampling.Run(session, 4, sequences.AsSpan(0, 4), Settings(5, 20) with { RepetitionPenalty = 1.1 }, Uniform);
        for (int row = 0; row < 4; row++) Assert.Equal(sequences[(row * 20)..((row + 1) * 20)], Padded(actual[row].Ids, 20));
    }

    [GoldenTheory(Case)]
    [InlineData("beam3_coco")]
    [InlineData("beam3_rp1.3")]
    public void Beam_RecordedCandidates_MakeSameChoices(string run)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFolder.Case(Case), "generation.json")));
        var recorded = document.RootElement.GetProperty("runs").GetProperty(run);
        long[] prompt = [198, 5, 8, 9];
        var groups = Enumerable.Range(0, 4).Select(_ => new BeamGroup(prompt, Settings(5, 20) with { Beams = 3 })).ToArray();
        foreach (var step in recorded.GetProperty("trace").EnumerateArray())
        {
            for (int image = 0; image < 4; image++)
            {
                if (groups[image].IsDone) continue;
                groups[image].Advance([.. Enumerable.Range(0, 6).Select(i => new BeamCandidate(
                    step.GetProperty("next_scores")[image][i].GetDouble(), step.GetProperty("next_indices")[image][i].GetInt32(),
                    step.GetProperty("next_tokens")[image][i].GetInt64()))]);
                Assert.Equal(step.GetProperty("done")[image].GetBoolean(), groups[image].IsDone);
                for (int beam = 0; beam < 3; beam++)
                {
                    int row = image * 3 + beam;
                    var actual = groups[image].Beams[beam];
                    Assert.Equal(step.GetProperty("beam_tokens")[row].GetInt64(), actual.Token);
                    Assert.Equal(step.GetProperty("beam_indices")[row].GetInt32(), image * 3 + actual.Beam);
                    Assert.Equal(step.GetProperty("beam_scores")[row].GetDouble(), actual.Score);
                }
            }
        }
        for (int image = 0; image < 4; image++)
        {
            var sequence = groups[image].Finish();
            Assert.Equal([.. recorded.GetProperty("sequences")[image].EnumerateArray().Select(id => id.GetInt64())], Padded(sequence.Ids, 20));
            double expected = recorded.GetProperty("sequences_scores")[image].GetDouble();
            Assert.Equal(expected, sequence.LogProbability / (sequence.Ids.Length - (sequence.Ids[^1] == EndId ? 1 : 0)), 1e-4 * Math.Abs(expected));
        }
    }

    private static GenerationSettings Settings(int minLength, int maxLength) => new() { EndId = EndId, MinLength = minLength, MaxLength = maxLength };

    private static SafetensorsFile Open(string name) => SafetensorsFile.Open(Path.Combine(GoldenFolder.Case(Case), $"{name}.safetensors"));

    private static long[] Padded(long[] ids, int length) => [.. ids, .. new long[length - ids.Length]];
}
