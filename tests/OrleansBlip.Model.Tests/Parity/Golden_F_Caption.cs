using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_F_Caption : IDisposable
{
    private readonly GoldenCase _case = new("f-caption");

    [GoldenFact("f-caption")]
    public void Training_F64() => Training(torch.ScalarType.Float64, "expected.f64", null, 1e-8, 1e-9);

    [GoldenFact("f-caption")]
    public void Training_F32() => Training(torch.ScalarType.Float32, "expected", "grads", 1e-4, 2e-5);

    [GoldenFact("f-caption")]
    public void Sequences_AreTheReferences()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(torch.ScalarType.Float32);
        var captioner = new Captioner(model);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFolder.Case("f-caption"), "generation.json")));
        var prompt = json.RootElement.GetProperty("decoder_start_ids").EnumerateArray().Select(id => id.GetInt64()).ToArray();
        var images = _case.Tensor("inputs", "image");
        foreach (var run in json.RootElement.GetProperty("runs").EnumerateObject())
        {
            var call = run.Value.GetProperty("call");
            var settings = new GenerationSettings
            {
                EndId = call.GetProperty("eos_token_id").GetInt64(),
                PadId = call.GetProperty("pad_token_id").GetInt64(),
                MaxLength = call.GetProperty("max_length").GetInt32(),
                MinLength = call.GetProperty("min_length").GetInt32(),
                Beams = call.GetProperty("num_beams").GetInt32(),
                RepetitionPenalty = call.GetProperty("repetition_penalty").GetDouble(),
            };
            var expected = run.Value.GetProperty("sequences").EnumerateArray().Select(Ids).ToArray();
            var input = expected.Length == images.shape[0] ? images : images.narrow(0, ImageOf(json.RootElement.GetProperty("runs"), run), 1);
            var sequences = settings.Beams == 1 ? captioner.Greedy(input, prompt, settings) : captioner.Beam(input, prompt, settings);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True(expected[i].SequenceEqual(sequences[i].Padded(expected[i], settings.PadId)), $"{run.Name}[{i}]: {string.Join(' ', sequences[i].Ids)}, expected {string.Join(' ', expected[i])}");
                if (settings.Beams == 1) continue;
                var length = sequences[i].Ids.Length - (sequences[i].Ids[^1] == settings.EndId ? 1 : 0);
                var score = run.Value.GetProperty("sequences_scores")[i].GetDouble();
                Assert.True(Math.Abs(sequences[i].LogProbability / length - score) <= 1e-4 * Math.Abs(score), $"{run.Name}[{i}]: score {sequences[i].LogProbability / length}, expected {score}");
            }
        }
    }

    [GoldenFact("f-caption")]
    public void NucleusLogits_FollowTheRecordedSampling()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(torch.ScalarType.Float32);
        var decoder = model.Part<BuiltTextDecoder>("text_decoder");
        var images = _case.Tensor("inputs", "image");
        var sequences = _case.Tensor("nucleus", "sequences");
        var prompt = _case.Json.GetProperty("prompt_length").GetInt32();
        var none = torch.zeros(0, 0, torch.ScalarType.Int64);
        using var session = new DecoderSession(decoder, decoder.Memory(model.Run(new StepBatch(images, none, none, none, SpecialTokens.Bert))), (int)images.shape[0]);
        var logits = session.Prefill(sequences.narrow(1, 0, prompt));
        for (var step = 0; _case.File_("nucleus").Tensors.ContainsKey($"step{step}.raw_logits"); step++)
        {
            _case.Near("nucleus", $"step{step}.raw_logits", logits, 1e-4, 2e-5);
            // The recorded sequences, not the drawn tokens: finished rows went on with padding.
            if (prompt + step + 1 < sequences.shape[1]) logits = session.Next(sequences.select(1, prompt + step));
        }
    }

    public void Dispose() => _case.Dispose();

    private void Training(torch.ScalarType dtype, string file, string? gradients, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(dtype);
        var seen = new Activations(scope);
        var ids = _case.Tensor("inputs", "input_ids");
        var special = new SpecialTokens(-1, -1, -1, (int)ids[0, 0].item<long>(), -1);
        var batch = new StepBatch(_case.Tensor("inputs", "image", dtype), ids, _case.Tensor("inputs", "attention_mask"), TensorArithmetic.Rows(ids.shape[0], torch.CPU), special);
        using (torch.no_grad())
        {
            var graph = model.Run(batch, new StepSettings { Observe = seen.Observe });
            _case.LossNear(file, "loss", Assert.Single(model.Losses(graph)).Number());
            _case.Near(file, "image_embeds", graph.Value("visual_encoder"), relative, absolute);
        }
        // Logits of single precision are held against the exact ones: the reference's own err by nearly as much as may be, which leaves none to ours.
        _case.LogitsNear("expected.f64", "logits", seen["lm/logits"], relative, absolute);
        _case.LogitsNearAsAWhole(file, "logits", seen["lm/logits"], relative, absolute);
        foreach (var step in TrainedStep.TakeEachWay(model, batch, new StepSettings()))
        {
            _case.LossNear(file, "loss", Assert.Single(step.Outcome.Losses).Value);
            if (gradients is not null) _case.GradientsNear(gradients, model.Layout, step.Gradient, 2e-3, 2e-5);
        }
    }

    private BlipModel Model(torch.ScalarType dtype)
    {
        var spec = new ModelSpec
        {
            Vision = _case.Vision,
            Text = _case.Text(_case.Rows("weights", "text_decoder.bert.embeddings.word_embeddings.weight")),
            PromptLength = _case.Json.GetProperty("prompt_length").GetInt32(),
        };
        var model = new BlipModel(Families.Captioner(spec), dtype);
        model.Load(_case.File_("weights")).RequireComplete("weights");
        return model;
    }

    // A run of one image does not say which: it is the one for which a run of all of them, called alike, wrote the same.
    private static int ImageOf(JsonElement runs, JsonProperty single)
    {
        var caption = Ids(Assert.Single(single.Value.GetProperty("sequences").EnumerateArray()));
        var all = runs.EnumerateObject().First(run => run.Name != single.Name && run.Value.GetProperty("args").GetRawText() == single.Value.GetProperty("args").GetRawText());
        var padded = all.Value.GetProperty("sequences").EnumerateArray().Select(Ids).ToArray();
        return Array.FindIndex(padded, sequence => sequence.AsSpan().StartsWith(caption) && sequence.Skip(caption.Length).Distinct().Count() <= 1);
    }

    private static long[] Ids(JsonElement sequence) => [.. sequence.EnumerateArray().Select(id => id.GetInt64())];
}
