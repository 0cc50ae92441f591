using System.Collections.Immutable;
using OrleansBlip.Data;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>
/// A split of ShapeWorld with the truth about it, decoded once for all models that are scored on it. Consecutive pictures form galleries of equal size,
/// in which retrieval is scored: a hit is any picture of which a text is true, by <see cref="TruthChecker"/>. Thread-safe.
/// </summary>
public sealed class EvaluationSet
{
    /// <summary>Pictures of a gallery of the tables that this project publishes.</summary>
    public const int GallerySizeDefault = 400;

    private readonly RgbImage[] _images;

    private EvaluationSet(ShapeWorldSplit split, string digest, int gallerySize, RgbImage[] images, IReadOnlyList<Scene> scenes, ImmutableArray<string> texts)
    {
        (Split, Digest, GallerySize) = (split, digest, gallerySize);
        _images = images;
        Scenes = scenes;
        Texts = texts;
        TextsPerPicture = texts.Length / images.Length;
        Galleries =
        [
            .. Enumerable.Range(0, images.Length / gallerySize).Select(gallery => new GalleryRelevance(
                [.. scenes.Skip(gallery * gallerySize).Take(gallerySize)],
                [.. texts.Skip(gallery * gallerySize * TextsPerPicture).Take(gallerySize * TextsPerPicture)])),
        ];
    }

    /// <summary>Which part of the world it is.</summary>
    public ShapeWorldSplit Split { get; }

    /// <summary>The data set's version: scores are comparable where it is equal.</summary>
    public string Digest { get; }

    /// <summary>Pictures of a gallery.</summary>
    public int GallerySize { get; }

    /// <summary>How many pictures there are.</summary>
    public int PictureCount => _images.Length;

    /// <summary>Texts of each picture.</summary>
    public int TextsPerPicture { get; }

    /// <summary>What the pictures show.</summary>
    public IReadOnlyList<Scene> Scenes { get; }

    /// <summary>All texts: t belongs to picture t / <see cref="TextsPerPicture"/>.</summary>
    public ImmutableArray<string> Texts { get; }

    /// <summary>Which texts are true of which pictures, gallery by gallery.</summary>
    public ImmutableArray<GalleryRelevance> Galleries { get; }

    /// <summary>What a ranking by the truth, the same with own pairs as the only hits, and a blind one reach: the mean of the galleries.</summary>
    public EvaluationBounds Bounds => new()
    {
        Oracle = Mean([.. Galleries.Select(gallery => gallery.Oracle)]),
        OwnPairs = Mean([.. Galleries.Select(gallery => gallery.OracleOnOwnPairs)]),
        Chance = Mean([.. Galleries.Select(gallery => gallery.Chance)]),
    };

    /// <summary>Reads a split and its truth.</summary>
    /// <param name="worldFolder">What <see cref="ShapeWorldWriter"/> wrote.</param>
    /// <param name="split">Test for tables; val for choices.</param>
    /// <param name="gallerySize">Pictures of a gallery; it must divide the number of pictures.</param>
    /// <exception cref="DatasetException">The split is missing or damaged, truth and pictures do not belong together, or galleries do not come out even.</exception>
    public static EvaluationSet Open(string worldFolder, ShapeWorldSplit split, int gallerySize = GallerySizeDefault)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gallerySize);
        var truth = TruthFile.Read(worldFolder, split);
        using var source = PairSources.Open(Path.Combine(worldFolder, ShapeWorldWriter.NameOf(split)));
        if (source.PictureCount % gallerySize != 0)
            throw new DatasetException($"'{source.Name}' holds {source.PictureCount} pictures, which do not make galleries of {gallerySize}: choose a size that divides them.");
        if (source.PictureCount != truth.Count) throw Mismatch(source, $"{source.PictureCount} pictures and {truth.Count} records of truth");
        var images = new RgbImage[truth.Count];
        var texts = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < images.Length; i++)
        {
            var picture = source.ReadPicture(i);
            if (SampleKey(picture.Key) != truth[i].Key || picture.ImageId != truth[i].ImageId) throw Mismatch(source, $"picture '{picture.Key}' stands where the truth has '{truth[i].Key}'");
            if (picture.Captions.Count != source.CaptionCount(0) || picture.Captions.Count == 0)
                throw Mismatch(source, $"picture '{picture.Key}' has {picture.Captions.Count} texts, the first {source.CaptionCount(0)}");
            images[i] = ImageDecoder.Decode(source.ReadImage(i), picture.Key);
            texts.AddRange(picture.Captions.Select(caption => caption.Text));
        }
        return new EvaluationSet(split, source.Digest, gallerySize, images, [.. truth.Select(record => record.Scene)], texts.ToImmutable());
    }

    /// <summary>A picture's key as the truth has it: without the shard before it.</summary>
    internal static string SampleKey(string pictureKey) => pictureKey[(pictureKey.LastIndexOf('/') + 1)..];

    /// <summary>Pictures as a model of <paramref name="data"/> sees them, (<paramref name="count"/>, 3, S, S), resized but not varied.</summary>
    internal float[] Pixels(int first, int count, DataSpec data)
    {
        var (side, length) = (data.ImageSize, 3 * data.ImageSize * data.ImageSize);
        var pixels = new float[count * length];
        for (var i = 0; i < count; i++)
            data.Normalization.Write(BicubicResize.Resize(_images[first + i], side, side), pixels.AsSpan(i * length, length));
        return pixels;
    }

    private static DatasetException Mismatch(PairSource source, string what) =>
        new($"'{source.Name}' and the truth beside it do not belong together: {what}. Generate the world again.");

    private static RetrievalBound Mean(IReadOnlyList<RetrievalBound> bounds)
    {
        return new RetrievalBound(Of(bound => bound.TextRetrieval), Of(bound => bound.ImageRetrieval));

        RecallAtK Of(Func<RetrievalBound, RecallAtK> direction) => new(
            bounds.Average(bound => direction(bound).R1), bounds.Average(bound => direction(bound).R5), bounds.Average(bound => direction(bound).R10));
    }
}
