using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>Writes the likeliest captions (greedy search) of a set's pictures with a model that has a decoder.</summary>
internal sealed class CaptionWriter(EvaluationSet set, CaptionTokenizer tokenizer, DataSpec data)
{
    /// <summary>Whether the model can.</summary>
    public static bool CanWrite(Composition composition) => composition.Parts.Any(part => part is TextDecoder);

    /// <summary>Captions of consecutive pictures, decoded as one batch.</summary>
    public string[] Write(BlipModel model, int first, int count)
    {
        using var scope = torch.NewDisposeScope();
        var words = tokenizer.Vocabulary;
        var images = torch.tensor(set.Pixels(first, count, data)).view(count, 3, data.ImageSize, data.ImageSize);
        long[] prompt = [words.Decode, .. tokenizer.Encode(data.Prompt)];
        var settings = new GenerationSettings { EndId = words.Separator, PadId = words.Pad, MaxLength = data.TokensMax, MinLength = 0 };
        return [.. new Captioner(model).Greedy(images, prompt, settings).Select(sequence => tokenizer.Decode(sequence.Ids.AsSpan(prompt.Length)))];
    }
}
