using System.Collections.Immutable;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Sources;
using OrleansBlip.Protocol.Bootstrapping;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>
/// Pictures as a model sees them outside training. Batches are cut at fixed picture numbers, whoever asks for what: the last bits of a result may depend
/// on the shape of its batch, and so depend on the data set alone.
/// </summary>
internal sealed class PictureBatch
{
    /// <summary>Pictures of a batch; that at the end of a data set has fewer.</summary>
    public const int PicturesMax = 128;

    private readonly float[] _pixels;
    private readonly int _side;

    private PictureBatch(PairSource source, PictureRange pictures, DataSpec data)
    {
        Pictures = [.. Enumerable.Range(pictures.First, pictures.Count).Select(source.ReadPicture)];
        var side = _side = data.ImageSize;
        var values = 3 * side * side;
        _pixels = new float[pictures.Count * values];
        var problems = new string?[pictures.Count];
        for (var row = 0; row < pictures.Count; row++)
        {
            try
            {
                var image = ImageDecoder.Decode(source.ReadImage(pictures.First + row), Pictures[row].Key);
                data.Normalization.Write(BicubicResize.Resize(image, side, side), _pixels.AsSpan(row * values, values));
            }
            catch (ImageException error)
            {
                problems[row] = error.Message;
            }
        }
        Problems = ImmutableArray.Create(problems);
    }

    /// <summary>Texts and identity of each.</summary>
    public IReadOnlyList<Picture> Pictures { get; }

    /// <summary>Why a picture cannot be decoded; its pixels are 0, to keep the batch's shape.</summary>
    public ImmutableArray<string?> Problems { get; }

    /// <summary>The batches of a range, which begins where a batch begins and ends where one ends.</summary>
    public static IEnumerable<PictureBatch> Of(PairSource source, PictureRange range, DataSpec spec)
    {
        var isWhole = range.First % PicturesMax == 0 && (range.End % PicturesMax == 0 || range.End == source.PictureCount);
        if (!isWhole || range.Count < 1 || range.End > source.PictureCount)
            throw new ArgumentException($"{range} of the {source.PictureCount} of '{source.Name}' are no whole batches of {PicturesMax}.", nameof(range));
        for (var first = range.First; first < range.End; first += PicturesMax)
            yield return new PictureBatch(source, new PictureRange(first, Math.Min(PicturesMax, range.End - first)), spec);
    }

    /// <summary>(B, 3, S, S), normalised.</summary>
    public torch.Tensor ToTensor() => torch.tensor(_pixels).view(Pictures.Count, 3, _side, _side);
}
