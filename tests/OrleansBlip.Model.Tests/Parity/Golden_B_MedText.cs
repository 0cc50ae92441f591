using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_B_MedText : IDisposable
{
    private readonly GoldenCase _case = new("b-med-text");

    [GoldenFact("b-med-text")]
    public void Encoder_F64() => Encoder(ScalarType.Float64, "expected.f64", "grads.f64", 1e-9, 1e-10, 1e-9, 1e-10);

    [GoldenFact("b-med-text")]
    public void Encoder_F32() => Encoder(ScalarType.Float32, "expected", "grads", 1e-4, 1e-5, 1e-3, 2e-5);

    [GoldenFact("b-med-text")]
    public void Decoder_F64() => Decoder(ScalarType.Float64, "expected.f64", "grads.f64", 1e-9, 1e-10, 1e-9, 1e-10);

    [GoldenFact("b-med-text")]
    public void Decoder_F32() => Decoder(ScalarType.Float32, "expected", "grads", 1e-4, 1e-5, 1e-3, 2e-5);

    [GoldenFact("b-med-text")]
    public void Incremental_F64() => Incremental(ScalarType.Float64, "expected.f64", 1e-9, 1e-10);

    [GoldenFact("b-med-text")]
    public void Incremental_F32() => Incremental(ScalarType.Float32, "expected", 1e-4, 1e-5);

    [GoldenFact("b-med-text")]
    public void Cache_HoldsTheReferencesKeysAndValues()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = DecoderModel(ScalarType.Float32);
        var transformer = model.Part<BuiltTextDecoder>("").Transformer;
        using var cache = new TextCache(transformer.Spec.Depth);
        transformer.Continue(Input("input_ids"), cache, transformer.Remember(Input("image_embeds", ScalarType.Float32)), Pass.Evaluation);
        // A cache is filled with texts without padding. What the reference holds of padding would depend on its mask; nothing before it does.
        var real = Input("attention_mask").unsqueeze(1).unsqueeze(-1); // (B, 1, T, 1)
        for (var layer = 0; layer < transformer.Spec.Depth; layer++)
        {
            _case.Near("expected", $"dec.past.{layer}.key", cache[layer].Keys * real, 1e-4, 1e-5, expected => expected * real);
            _case.Near("expected", $"dec.past.{layer}.value", cache[layer].Values * real, 1e-4, 1e-5, expected => expected * real);
        }
    }

    public void Dispose() => _case.Dispose();

    private void Encoder(ScalarType dtype, string file, string gradients, double relative, double absolute, double gradientRelative, double gradientAbsolute)
    {
        using var scope = NewDisposeScope();
        using var model = new BlipModel(new Composition { Name = "encoder", Parts = [Image(dtype), new TextEncoder("", Spec("weights.encoder", "")) { Image = "image" }], Objectives = [] }, dtype);
        model.Load(_case.File_("weights.encoder")).RequireComplete("weights.encoder");
        var encoder = model.Part<BuiltTextEncoder>("").Transformer;
        Tensor ids = Input("input_ids"), mask = Input("attention_mask"), mask2 = Input("attention_mask2"), image = Input("image_embeds", dtype);
        void Check(string name, Tensor actual, double? atol = null) => _case.Near(file, name, actual, relative, atol ?? absolute);

        var seen = new Activations(scope);
        var memory = encoder.Remember(image, Input("image_atts"));
        Check("text.last_hidden_state", encoder.Forward(ids, mask, null, causal: false, new Pass("text", Observe: (site, value) => seen.Keep("text." + site, value))));
        Check("text_mask2.last_hidden_state", encoder.Forward(ids, mask2, null, causal: false, Pass.Evaluation));
        Check("text_nomask.last_hidden_state", encoder.Forward(ids, null, null, causal: false, Pass.Evaluation));
        Check("text_causal.last_hidden_state", encoder.Forward(ids, mask, null, causal: true, Pass.Evaluation));
        // Scores of about -10000 are rounded to about 1e-3 in float32: the case's own note.
        Check("text_causal_mask2.last_hidden_state", encoder.Forward(ids, mask2, null, causal: true, Pass.Evaluation), dtype == ScalarType.Float32 ? 5e-3 : null);
        Check("mm_imask.last_hidden_state", encoder.Forward(ids, mask, encoder.Remember(image, Input("image_atts2")), causal: false, Pass.Evaluation));
        encoder.Forward(ids, mask, memory, causal: false, new Pass("mm", Observe: (site, value) => seen.Keep("mm." + site, value)));
        foreach (var mode in new[] { "text", "mm" })
        {
            Check($"{mode}.hidden_states.0", seen[$"{mode}.embeddings"]);
            for (var layer = 0; layer < encoder.Spec.Depth; layer++)
            {
                Check($"{mode}.hidden_states.{layer + 1}", seen[$"{mode}.layer{layer}.out"]);
                if (dtype == ScalarType.Float32) Check($"{mode}.attentions.{layer}", seen[$"{mode}.layer{layer}.attention.probabilities"]);
            }
        }
        var output = encoder.Forward(ids, mask, memory, causal: false, Pass.Evaluation);
        Check("mm.last_hidden_state", output);
        var loss = (output * Input("grad_seed", dtype)).sum();
        Check("mm.loss", loss);
        loss.backward();
        _case.GradientsNear(gradients, model.Layout, model.Gradient(), gradientRelative, gradientAbsolute, "mm.");
    }

    private void Decoder(ScalarType dtype, string file, string gradients, double relative, double absolute, double gradientRelative, double gradientAbsolute)
    {
        using var scope = NewDisposeScope();
        using var model = DecoderModel(dtype);
        var decoder = model.Part<BuiltTextDecoder>("");
        Tensor ids = Input("input_ids"), mask = Input("attention_mask"), labels = Input("labels");
        var memory = decoder.Transformer.Remember(Input("image_embeds", dtype));
        Tensor Logits(ImageMemory? seen, bool causal) => decoder.Head.Forward(decoder.Transformer.Forward(ids, mask, seen, causal, Pass.Evaluation));
        void Check(string name, Tensor actual) => _case.Near(file, name, actual, relative, absolute);

        var logits = Logits(memory, causal: true);
        var shifted = logits.narrow(1, 0, ids.shape[1] - 1);
        Check("dec.logits", logits);
        Check("dec.logits_return_logits", shifted);
        Check("dec_text.logits", Logits(null, causal: true));
        Check("dec_bidir.logits", Logits(memory, causal: false));
        Tensor Loss(nn.Reduction reduction) => nn.functional.cross_entropy(
            shifted.reshape(-1, shifted.shape[2]), labels.narrow(1, 1, ids.shape[1] - 1).reshape(-1), reduction: reduction, label_smoothing: 0.1);
        Check("dec.loss_none", Loss(nn.Reduction.None).view(ids.shape[0], -1).sum(1));
        var loss = Loss(nn.Reduction.Mean);
        Check("dec.loss_mean", loss);
        loss.backward();
        _case.GradientsNear(gradients, model.Layout, model.Gradient(), gradientRelative, gradientAbsolute, "dec.");
    }

    private void Incremental(ScalarType dtype, string file, double relative, double absolute)
    {
        using var scope = NewDisposeScope();
        using var model = DecoderModel(dtype);
        var decoder = model.Part<BuiltTextDecoder>("");
        var ids = Input("inc_input_ids");
        var memory = decoder.Transformer.Remember(Input("image_embeds", dtype).narrow(0, 0, ids.shape[0]));
        _case.Near(file, "inc.full_logits", decoder.Head.Forward(decoder.Transformer.Forward(ids, null, memory, causal: true, Pass.Evaluation)), relative, absolute);
        using var cache = new TextCache(decoder.Transformer.Spec.Depth);
        var first = _case.File_(file).Tensors["inc.step0_logits"].Shape[1];
        for (long done = 0; done < ids.shape[1];)
        {
            var count = done == 0 ? first : 1;
            var logits = decoder.Head.Forward(decoder.Transformer.Continue(ids.narrow(1, done, count), cache, memory, Pass.Evaluation));
            _case.Near(file, $"inc.step{done}_logits", logits, relative, absolute);
            done += count;
        }
    }

    private BlipModel DecoderModel(ScalarType dtype)
    {
        var model = new BlipModel(new Composition { Name = "decoder", Parts = [Image(dtype), new TextDecoder("", Spec("weights.decoder", "bert.")) { Source = "image" }], Objectives = [] }, dtype);
        model.Load(_case.File_("weights.decoder")).RequireComplete("weights.decoder");
        return model;
    }

    private GivenTokens Image(ScalarType dtype) => new("image", Input("image_embeds", dtype));

    // The case keeps BERT's padding_idx: its word embedding gets no gradient by look-up.
    private TextSpec Spec(string weights, string prefix)
    {
        var bert = _case.Json.GetProperty("bert_config");
        return GoldenCase.TextOf(bert, _case.Rows(weights, prefix + "embeddings.word_embeddings.weight")) with { FrozenPaddingId = bert.GetProperty("pad_token_id").GetInt32() };
    }

    private Tensor Input(string name, ScalarType? dtype = null) => _case.Tensor("inputs", name, dtype);
}
