using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Writes captions with the image-grounded decoder of a captioner or a pre-training model (BLIP §3.3). Used on the calling thread.
/// Legend: I images, S image side.
/// </summary>
public sealed class Captioner
{
    private readonly BlipModel _model;
    private readonly BuiltTextDecoder _decoder;

    /// <exception cref="CompositionException">The model has no decoder.</exception>
    public Captioner(BlipModel model)
    {
        _model = model;
        _decoder = model.Part<BuiltTextDecoder>("text_decoder");
    }

    /// <summary>The most probable next token at each step.</summary>
    /// <param name="images">(I, 3, S, S).</param>
    /// <param name="prompt">[DEC] and the prompt's tokens.</param>
    public GeneratedSequence[] Greedy(torch.Tensor images, ReadOnlySpan<long> prompt, GenerationSettings settings)
    {
        using var session = Open(images, out var scope);
        using (scope) return GreedySearch.Run(session, (int)images.shape[0], prompt, settings);
    }

    /// <summary>Beam search.</summary>
    public GeneratedSequence[] Beam(torch.Tensor images, ReadOnlySpan<long> prompt, GenerationSettings settings)
    {
        using var session = Open(images, out var scope);
        using (scope) return BeamSearch.Run(session, (int)images.shape[0], prompt, settings);
    }

    /// <summary>Nucleus sampling, CapFilt's choice: less safe and more varied than beams (BLIP Table 2).</summary>
    /// <param name="uniform">A number in [0, 1) for (image, step): the only randomness.</param>
    public GeneratedSequence[] Nucleus(torch.Tensor images, ReadOnlySpan<long> prompt, GenerationSettings settings, Func<int, int, double> uniform)
    {
        using var session = Open(images, out var scope);
        using (scope) return NucleusSampling.Run(session, (int)images.shape[0], prompt, settings, uniform);
    }

    // The images' memory lives in the scope, which the caller closes after the session's last token.
    private DecoderSession Open(torch.Tensor images, out DisposeScope scope)
    {
        scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var none = torch.zeros(0, 0, torch.ScalarType.Int64);
        var memory = _decoder.Memory(_model.Run(new StepBatch(images, none, none, none, SpecialTokens.Bert)));
        return new DecoderSession(_decoder, memory, (int)images.shape[0]);
    }
}
