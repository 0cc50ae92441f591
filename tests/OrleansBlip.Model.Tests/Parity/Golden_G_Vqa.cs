using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_G_Vqa : IDisposable
{
    private readonly GoldenCase _case = new("g-vqa");

    [GoldenFact("g-vqa")]
    public void Training_F64() => Training(torch.ScalarType.Float64, "expected.f64", null, 1e-8, 1e-9);

    [GoldenFact("g-vqa")]
    public void Training_F32() => Training(torch.ScalarType.Float32, "expected", "grads", 1e-4, 2e-5);

    [GoldenFact("g-vqa")]
    public void Rank_F64() => Rank(torch.ScalarType.Float64, "log_probs_sum_f64", 1e-8);

    [GoldenFact("g-vqa")]
    public void Rank_F32() => Rank(torch.ScalarType.Float32, "log_probs_sum", 1e-4);

    [GoldenFact("g-vqa")]
    public void Generate_SeeingPaddingAsTheReference_GivesItsAnswers()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(torch.ScalarType.Float32);
        var expected = _case.Json.GetProperty("generate");
        var call = expected.GetProperty("call");
        var settings = new GenerationSettings
        {
            EndId = call.GetProperty("eos_token_id").GetInt64(),
            PadId = call.GetProperty("pad_token_id").GetInt64(),
            MaxLength = call.GetProperty("max_length").GetInt32(),
            MinLength = call.GetProperty("min_length").GetInt32(),
            Beams = call.GetProperty("num_beams").GetInt32(),
        };
        torch.Tensor images = _case.Tensor("inputs", "image"), tokens = _case.Tensor("inputs", "question_ids"), mask = _case.Tensor("inputs", "question_mask");
        var answers = new QuestionAnswerer(model) { SeesPadding = true }.Generate(images, tokens, mask, Special(), settings);
        var sequences = expected.GetProperty("sequences").EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt64()).ToArray()).ToArray();
        Assert.Equal(sequences.Length, answers.Length);
        for (var i = 0; i < answers.Length; i++)
        {
            Assert.True(sequences[i].SequenceEqual(answers[i].Padded(sequences[i], settings.PadId)), $"[{i}]: {string.Join(' ', answers[i].Ids)}, expected {string.Join(' ', sequences[i])}");
            var length = answers[i].Ids.Length - (answers[i].Ids[^1] == settings.EndId ? 1 : 0);
            var score = expected.GetProperty("sequences_scores")[i].GetDouble();
            Assert.True(Math.Abs(answers[i].LogProbability / length - score) <= 1e-4 * Math.Abs(score), $"[{i}]: score {answers[i].LogProbability / length}, expected {score}");
        }
    }

    [GoldenFact("g-vqa")]
    public void Generate_WithoutSeeingPadding_AnswersAsIfAskedAlone()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(torch.ScalarType.Float64);
        torch.Tensor images = _case.Tensor("inputs", "image", torch.ScalarType.Float64), tokens = _case.Tensor("inputs", "question_ids"), mask = _case.Tensor("inputs", "question_mask");
        var settings = new GenerationSettings { EndId = Special().Separator, MaxLength = 10, MinLength = 1 };
        var answerer = new QuestionAnswerer(model);
        var together = answerer.Generate(images, tokens, mask, Special(), settings);
        for (var question = 0; question < together.Length; question++)
        {
            var length = mask[question].sum().item<long>();
            var alone = answerer.Generate(images.narrow(0, question, 1), tokens.narrow(0, question, 1).narrow(1, 0, length), mask.narrow(0, question, 1).narrow(1, 0, length), Special(), settings);
            Assert.Equal(Assert.Single(alone).Ids, together[question].Ids);
        }
    }

    public void Dispose() => _case.Dispose();

    private void Training(torch.ScalarType dtype, string file, string? gradients, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(dtype);
        var seen = new Activations(scope);
        var counts = _case.Json.GetProperty("n").EnumerateArray().Select(count => count.GetInt32()).ToArray();
        var batch = new StepBatch(
            _case.Tensor("inputs", "image", dtype), _case.Tensor("inputs", "question_ids"), _case.Tensor("inputs", "question_mask"), TensorArithmetic.Rows(counts.Length, torch.CPU), Special())
        {
            Answers = new AnswerBatch(
                _case.Tensor("inputs", "answer_ids"),
                _case.Tensor("inputs", "answer_mask"),
                _case.Tensor("inputs", "answer_weights", dtype),
                torch.tensor(counts.SelectMany((count, question) => Enumerable.Repeat((long)question, count)).ToArray())),
        };
        using (torch.no_grad())
        {
            var graph = model.Run(batch, new StepSettings { Observe = seen.Observe });
            _case.LossNear(file, "loss", Assert.Single(model.Losses(graph)).Number());
            _case.Near(file, "image_embeds", graph.Value("visual_encoder"), relative, absolute);
            _case.Near(file, "question_last_hidden_state", model.Part<BuiltTextEncoder>("text_encoder").Grounded(graph), relative, absolute);
            _case.Near(file, "answer_loss_none", seen["vqa/losses"], relative, absolute);
            var decoder = model.Part<BuiltTextDecoder>("text_decoder");
            var states = decoder.Transformer.Forward(batch.Answers.Tokens, batch.Answers.Mask, decoder.Memory(graph).Select(batch.Answers.Questions), causal: true, Pass.Evaluation);
            _case.Near(file, "answer_logits", decoder.Head.Forward(states), relative, absolute);
        }
        foreach (var step in TrainedStep.TakeEachWay(model, batch, new StepSettings()))
        {
            _case.LossNear(file, "loss", Assert.Single(step.Outcome.Losses).Value);
            if (gradients is not null) _case.GradientsNear(gradients, model.Layout, step.Gradient, 2e-3, 2e-5);
        }
    }

    private void Rank(torch.ScalarType dtype, string scores, double relative)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(dtype);
        var runs = _case.Json.GetProperty("rank").EnumerateObject().ToArray();
        Assert.NotEmpty(runs);
        foreach (var run in runs)
        {
            Rank(model, dtype, run.Name, run.Value, scores, relative);
            _case.Near("rank", run.Name + ".start_logits", StartLogits(model, dtype), 1e-4, 2e-5);
        }
    }

    // What the first stage of a ranking reads its probabilities from.
    private torch.Tensor StartLogits(BlipModel model, torch.ScalarType dtype)
    {
        using var noGradient = torch.no_grad();
        var decoder = model.Part<BuiltTextDecoder>("text_decoder");
        var ids = _case.Tensor("inputs", "question_ids");
        var graph = model.Run(new StepBatch(_case.Tensor("inputs", "image", dtype), ids, _case.Tensor("inputs", "question_mask"), TensorArithmetic.Rows(ids.shape[0], torch.CPU), Special()));
        var start = torch.zeros(ids.shape[0], 1, torch.ScalarType.Int64).Fill((long)Special().Decode);
        return decoder.Head.Forward(decoder.Transformer.Forward(start, mask: null, decoder.Memory(graph), causal: true, Pass.Evaluation)).select(1, 0);
    }

    private void Rank(BlipModel model, torch.ScalarType dtype, string run, JsonElement expected, string scores, double relative)
    {
        using var scope = torch.NewDisposeScope();
        var rankings = new QuestionAnswerer(model).Rank(
            _case.Tensor("inputs", "image", dtype), _case.Tensor("inputs", "question_ids"), _case.Tensor("inputs", "question_mask"),
            _case.Tensor("inputs", "candidate_ids"), _case.Tensor("inputs", "candidate_mask"), Special(), expected.GetProperty("k_test").GetInt32());
        Assert.Equal(expected.GetProperty("max_ids").EnumerateArray().Select(id => id.GetInt64()), rankings.Select(ranking => ranking.Best));
        var expectedIds = _case.Tensor("rank", run + ".topk_ids");
        var expectedScores = _case.Tensor("rank", $"{run}.{scores}", torch.ScalarType.Float64);
        _case.Near("rank", run + ".topk_probs", torch.tensor(rankings.SelectMany(ranking => ranking.FirstTokenProbabilities).ToArray()).view(expectedIds.shape), 1e-4, 2e-5);
        for (var question = 0; question < rankings.Length; question++)
            for (var rank = 0; rank < rankings[question].Scores.Length; rank++)
            {
                // Candidates of one first token tie in the first stage, where any order will do: compare by candidate.
                var place = Enumerable.Range(0, rankings[question].Scores.Length).Where(i => expectedIds[question, i].item<long>() == rankings[question].Candidates[rank]).ToArray();
                if (place.Length == 0) continue;
                var score = expectedScores[question, place[0]].item<double>();
                Assert.True(Math.Abs(rankings[question].Scores[rank] - score) <= relative * Math.Abs(score), $"{run}[{question}], candidate {rankings[question].Candidates[rank]}: {rankings[question].Scores[rank]}, expected {score}");
            }
    }

    private SpecialTokens Special()
    {
        int First(string tensor) => (int)_case.Tensor("inputs", tensor)[0, 0].item<long>();
        var end = (int)_case.Json.GetProperty("generate").GetProperty("call").GetProperty("eos_token_id").GetInt64();
        return new SpecialTokens(-1, -1, end, First("answer_ids"), First("question_ids"));
    }

    private BlipModel Model(torch.ScalarType dtype)
    {
        var spec = new ModelSpec { Vision = _case.Vision, Text = _case.Text(_case.Rows("weights", "text_encoder.embeddings.word_embeddings.weight")) };
        var model = new BlipModel(Families.QuestionAnswering(spec), dtype);
        model.Load(_case.File_("weights")).RequireComplete("weights");
        return model;
    }
}
