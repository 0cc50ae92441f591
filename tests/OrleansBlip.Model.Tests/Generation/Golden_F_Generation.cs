using System.Globalization;
using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Generation;

[Trait("Category", "Parity")]
public sealed class Golden_F_Generation : IDisposable
{
    private const string Case = "f-caption";

    private readonly JsonDocument _json = JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFolder.Case(Case), "generation.json")));

    private delegate void Change(Span<float> scores, long[] prefix, double[] weights);

    private long EndId => _json.RootElement.GetProperty("eos").GetInt64();

    private long[] Prompt => Ids(_json.RootElement.GetProperty("decoder_start_ids"));

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
        using var file = Open("warpers");
        var before = Rows(file, name == "rep1.1_logprob" ? "logprob" : "logits");
        var (prefixes, expected) = (file.Read<long>("prefix_ids"), Rows(file, name));
        var probabilities = file.Tensors.ContainsKey(name + "_probs") ? Rows(file, name + "_probs") : null;
        Assert.NotEmpty(expected);
        for (int row = 0; row < expected.Length; row++)
        {
            float[] scores = [.. before[row]];
            var weights = new double[scores.Length];
            ChangeOf(name)(scores, prefixes[(row * prefixes.Length / expected.Length)..((row + 1) * prefixes.Length / expected.Length)], weights);
            // Of tied tokens the reference keeps arbitrary ones.
            bool hasTies = before[row].Distinct().Count() < scores.Length;
            AssertClose($"{name}[{row}]", Ordered(expected[row]), Ordered(scores), (value, wanted) => wanted == value || Math.Abs(wanted - value) <= 1e-6 * Math.Abs(wanted));
            if (probabilities is null) continue;
            double total = weights.Sum();
            AssertClose($"{name}_probs[{row}]", Ordered(probabilities[row]), Ordered([.. weights.Select(weight => (float)(weight / total))]), (value, wanted) => Math.Abs(wanted - value) <= 1e-5);

            float[] Ordered(float[] values) => hasTies ? [.. values.Order()] : values;
        }
    }

    [GoldenFact(Case)]
    public void Nucleus_RecordedRun_DrawsSameIds()
    {
        // Fed with the recorded logits and the middle of each drawn token's part of the recorded distribution, the sampler must draw the recorded ids.
        using var file = Open("nucleus");
        var recorded = new Recording(file, Prompt.Length);
        using var session = recorded.Session();
        var settings = NucleusSettings();
        var actual = NucleusSampling.Run(session, recorded.Sequences.Length, Prompt, settings, recorded.Uniform);
        for (int row = 0; row < recorded.Sequences.Length; row++) Assert.Equal(recorded.Sequences[row], Padded(actual[row].Ids, settings.MaxLength));
    }

    [GoldenFact(Case)]
    public void Nucleus_RecordedRun_HasSameProbabilities()
    {
        using var file = Open("nucleus");
        var recorded = new Recording(file, Prompt.Length);
        using var session = recorded.Session();
        var settings = NucleusSettings();
        int compared = 0;
        RowDecoder.Run(session, recorded.Sequences.Length, Prompt, settings, (row, step, scores) =>
        {
            // What the sampler does with the scores that it is handed.
            var weights = new double[scores.Length];
            LogitsProcessors.TopK(scores, settings.TopK!.Value);
            double total = LogitsProcessors.TopP(scores, settings.TopP, weights);
            AssertClose($"step{step}.probs[{row}]", recorded.Probabilities[step][row], [.. weights.Select(weight => (float)(weight / total))], (value, wanted) => Math.Abs(wanted - value) <= 1e-5);
            compared++;
            return (int)recorded.Sampled[step][row];
        });
        Assert.Equal(recorded.Sequences.Sum(sequence => LengthWithEnd(sequence) - Prompt.Length), compared);
    }

    [GoldenFact(Case)]
    public void Beam_RecordedCandidates_MakeSameChoices()
    {
        var traced = _json.RootElement.GetProperty("runs").EnumerateObject().Where(run => run.Value.TryGetProperty("trace", out _)).ToArray();
        Assert.NotEmpty(traced);
        foreach (var run in traced) Replay(run.Value);
    }

    public void Dispose() => _json.Dispose();

    private void Replay(JsonElement recorded)
    {
        var call = recorded.GetProperty("call");
        int beams = call.GetProperty("num_beams").GetInt32(), images = recorded.GetProperty("sequences").GetArrayLength();
        var settings = new GenerationSettings { EndId = EndId, MinLength = call.GetProperty("min_length").GetInt32(), MaxLength = call.GetProperty("max_length").GetInt32(), Beams = beams };
        var groups = Enumerable.Range(0, images).Select(_ => new BeamGroup(Prompt, settings)).ToArray();
        foreach (var step in recorded.GetProperty("trace").EnumerateArray())
        {
            for (int image = 0; image < images; image++)
            {
                if (groups[image].IsDone) continue;
                groups[image].Advance([.. Enumerable.Range(0, 2 * beams).Select(i => new BeamCandidate(
                    step.GetProperty("next_scores")[image][i].GetDouble(), step.GetProperty("next_indices")[image][i].GetInt32(),
                    step.GetProperty("next_tokens")[image][i].GetInt64()))]);
                Assert.Equal(step.GetProperty("done")[image].GetBoolean(), groups[image].IsDone);
                for (int beam = 0; beam < beams; beam++)
                {
                    int row = image * beams + beam;
                    var actual = groups[image].Beams[beam];
                    Assert.Equal(step.GetProperty("beam_tokens")[row].GetInt64(), actual.Token);
                    Assert.Equal(step.GetProperty("beam_indices")[row].GetInt32(), image * beams + actual.Beam);
                    Assert.Equal(step.GetProperty("beam_scores")[row].GetDouble(), actual.Score);
                }
            }
        }
        for (int image = 0; image < images; image++)
        {
            var sequence = groups[image].Finish();
            var wanted = Ids(recorded.GetProperty("sequences")[image]);
            Assert.Equal(wanted, Padded(sequence.Ids, wanted.Length));
            double expected = recorded.GetProperty("sequences_scores")[image].GetDouble();
            Assert.Equal(expected, sequence.LogProbability / (sequence.Ids.Length - (sequence.Ids[^1] == EndId ? 1 : 0)), 1e-4 * Math.Abs(expected));
        }
    }

    private Change ChangeOf(string name) => name switch
    {
        "rep1.1" or "rep1.1_logprob" => (scores, prefix, _) => LogitsProcessors.RepetitionPenalty(scores, prefix, 1.1),
        "minlen10" => (scores, prefix, _) => LogitsProcessors.MinLength(scores, prefix.Length, 10, EndId),
        "minlen9" => (scores, prefix, _) => LogitsProcessors.MinLength(scores, prefix.Length, 9, EndId),
        "topk50" => (scores, _, _) => LogitsProcessors.TopK(scores, 50),
        "topp0.9" => (scores, _, weights) => LogitsProcessors.TopP(scores, 0.9, weights),
        "topp0.5" => (scores, _, weights) => LogitsProcessors.TopP(scores, 0.5, weights),
        "topp0.9_min3" => (scores, _, weights) => LogitsProcessors.TopP(scores, 0.9, weights, 3),
        "topk50_topp0.9" => (scores, _, weights) =>
        {
            LogitsProcessors.TopK(scores, 50);
            LogitsProcessors.TopP(scores, 0.9, weights);
        },
        _ => (scores, prefix, weights) =>
        {
            LogitsProcessors.RepetitionPenalty(scores, prefix, 1.1);
            LogitsProcessors.MinLength(scores, prefix.Length, 10, EndId);
            LogitsProcessors.TopK(scores, 50);
            LogitsProcessors.TopP(scores, 0.9, weights);
        },
    };

    // Two of the numbers are written with a remark after them.
    private GenerationSettings NucleusSettings()
    {
        var call = _json.RootElement.GetProperty("nucleus").GetProperty("args");
        double Remarked(string key) => double.Parse(call.GetProperty(key).GetString()!.Split(' ')[0], CultureInfo.InvariantCulture);
        return new GenerationSettings
        {
            EndId = EndId,
            PadId = _json.RootElement.GetProperty("pad").GetInt64(),
            MinLength = call.GetProperty("min_length").GetInt32(),
            MaxLength = call.GetProperty("max_length").GetInt32(),
            RepetitionPenalty = Remarked("repetition_penalty"),
            TopP = call.GetProperty("top_p").GetDouble(),
            TopK = (int)Remarked("top_k"),
        };
    }

    private int LengthWithEnd(long[] sequence) => Array.IndexOf(sequence, EndId, Prompt.Length) is var end && end < 0 ? sequence.Length : end + 1;

    private static SafetensorsFile Open(string name) => SafetensorsFile.Open(Path.Combine(GoldenFolder.Case(Case), $"{name}.safetensors"));

    private static float[][] Rows(SafetensorsFile file, string name) => [.. file.Read<float>(name).Chunk((int)file.Tensors[name].Shape[1])];

    private static void AssertClose(string what, float[] expected, float[] actual, Func<float, float, bool> isClose)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int token = 0; token < expected.Length; token++)
            Assert.True(isClose(actual[token], expected[token]), $"{Case} {what}[{token}]: {actual[token]} instead of {expected[token]}.");
    }

    private static long[] Ids(JsonElement sequence) => [.. sequence.EnumerateArray().Select(id => id.GetInt64())];

    private static long[] Padded(long[] ids, int length) => [.. ids, .. new long[length - ids.Length]];

    /// <summary>The run of nucleus sampling that was recorded, by step and row.</summary>
    private sealed class Recording
    {
        private readonly int _promptLength;
        private readonly float[][][] _logits;

        public Recording(SafetensorsFile file, int promptLength)
        {
            _promptLength = promptLength;
            Sequences = [.. file.Read<long>("sequences").Chunk((int)file.Tensors["sequences"].Shape[1])];
            int[] steps = [.. Enumerable.Range(0, file.Tensors.Keys.Count(name => name.EndsWith(".raw_logits", StringComparison.Ordinal)))];
            _logits = [.. steps.Select(step => Rows(file, $"step{step}.raw_logits"))];
            Probabilities = [.. steps.Select(step => Rows(file, $"step{step}.probs"))];
            Sampled = [.. steps.Select(step => file.Read<long>($"step{step}.sampled"))];
        }

        public long[][] Sequences { get; }

        public float[][][] Probabilities { get; }

        public long[][] Sampled { get; }

        public TableSession Session() => new(Sequences.Length, _logits[0][0].Length, (image, ids) => _logits[ids.Count - _promptLength][image]);

        public double Uniform(int row, int step)
        {
            int drawn = (int)Sampled[step][row];
            return Probabilities[step][row].Take(drawn).Sum(p => (double)p) + Probabilities[step][row][drawn] / 2.0;
        }
    }
}
