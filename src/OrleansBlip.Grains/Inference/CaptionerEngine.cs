using OrleansBlip.Data.Order;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Protocol.Bootstrapping;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>A captioner at work on the calling thread's device (BLIP §3.3). Each token's draw has a key of its own, so texts depend neither on the node nor on who is captioned beside.</summary>
internal sealed class CaptionerEngine : IDisposable
{
    private static readonly ulong Site = KeyedRandom.Word("caption");

    private readonly ModelFolder _folder;
    private readonly BlipModel _model;
    private readonly Captioner _captioner;
    private readonly CaptionTokenizer _tokenizer;
    private readonly long[] _prompt;

    /// <param name="folder">The model.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="InvalidDataException">The folder's tensors do not fit its model.</exception>
    public CaptionerEngine(ModelFolder folder, torch.Device device)
    {
        _folder = folder;
        _tokenizer = new CaptionTokenizer(folder.Vocabulary);
        _prompt = [folder.Vocabulary.Decode, .. _tokenizer.Encode(folder.DataSpec.Prompt)];
        _model = folder.Load(device: device);
        _captioner = new Captioner(_model);
    }

    /// <summary>Writes a text for each picture.</summary>
    public CaptionBlock Write(PairSource source, CaptionLease lease)
    {
        var settings = lease.Settings;
        var generation = new GenerationSettings
        {
            EndId = _folder.Vocabulary.Separator,
            PadId = _folder.Vocabulary.Pad,
            TopP = settings.TopP,
            TopK = settings.TopK,
            RepetitionPenalty = settings.RepetitionPenalty,
            MinLength = settings.LengthMin,
            MaxLength = Math.Min(settings.LengthMax, _folder.Spec.Text.PositionsMax),
        };
        var captions = PictureBatch.Of(source, lease.Pictures, _folder.DataSpec).SelectMany(batch => Write(batch, lease, generation));
        return new CaptionBlock { Pictures = lease.Pictures, Captions = [.. captions] };
    }

    public void Dispose() => _model.Dispose();

    private IEnumerable<WrittenCaption> Write(PictureBatch batch, CaptionLease lease, GenerationSettings generation)
    {
        ulong[] keys = [.. batch.Pictures.Select(picture => KeyedRandom.Combine((ulong)lease.Settings.Seed, Site, (ulong)lease.Round, KeyedRandom.Word(picture.Key)))];
        using var images = batch.ToTensor();
        var sequences = _captioner.Nucleus(images, _prompt, generation, (row, token) => new KeyedRandom(keys[row], (ulong)token).NextDouble());
        return sequences.Select((sequence, row) => batch.Problems[row] is { } problem
            ? new WrittenCaption { Text = "", Problem = problem }
            : new WrittenCaption { Text = CaptionText.Sanitize(_tokenizer.Decode(sequence.Ids.AsSpan(_prompt.Length))), LogProbability = sequence.LogProbability });
    }
}
