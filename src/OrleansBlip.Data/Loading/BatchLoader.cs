using System.Collections.Concurrent;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Order;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Loading;

/// <summary>
/// The batch of any slot of any step: a pure function of (specification, seed, data, step, slot), whoever asks and in whatever order. Thread-safe.
/// </summary>
public sealed class BatchLoader
{
    /// <summary>The default bound of the decoded pictures that are kept, in bytes.</summary>
    public const long CacheBytesMaxDefault = 256L << 20;

    private const int ReplacementsMax = 16;
    private static readonly ulong AugmentationSite = KeyedRandom.Word("augmentation");
    private static readonly ulong ReplacementSite = KeyedRandom.Word("replacement");

    private readonly PairSource _source;
    private readonly CaptionTokenizer _tokenizer;
    private readonly DataSpec _spec;
    private readonly ulong _seed;
    private readonly DataOrder _order;
    private readonly DecodedImageCache _cache;
    private readonly ConcurrentDictionary<int, SourceProblem> _undecodable = new();

    /// <summary>Prepares to load. The source stays the caller's to dispose of.</summary>
    /// <param name="source">The pairs.</param>
    /// <param name="tokenizer">Cuts the captions.</param>
    /// <param name="spec">How pairs become batches.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="slotCount">Slots of a step (V).</param>
    /// <param name="slotSize">Samples of a slot (b).</param>
    /// <param name="cacheBytesMax">The most bytes of decoded pictures to keep.</param>
    public BatchLoader(
        PairSource source, CaptionTokenizer tokenizer, DataSpec spec, ulong seed, int slotCount, int slotSize, long cacheBytesMax = CacheBytesMaxDefault)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotSize);
        spec.Validate();
        _source = source;
        _tokenizer = tokenizer;
        _spec = spec;
        _seed = seed;
        SlotCount = slotCount;
        SlotSize = slotSize;
        _order = new DataOrder(seed, source.Digest, source.PairsPerShard, spec.WindowShards);
        _cache = new DecodedImageCache(cacheBytesMax);
    }

    /// <summary>V.</summary>
    public int SlotCount { get; }

    /// <summary>b.</summary>
    public int SlotSize { get; }

    /// <summary>Pairs of an epoch.</summary>
    public long PairCount => _order.Count;

    /// <summary>Pictures met so far that cannot be decoded; others stand in their places.</summary>
    public IReadOnlyCollection<SourceProblem> Undecodable => [.. _undecodable.Values];

    /// <summary>Loads a slot.</summary>
    /// <exception cref="DatasetException">The data cannot be read, or nearly none of it can be decoded.</exception>
    public SlotBatch Load(long step, int slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if ((uint)slot >= (uint)SlotCount)
            throw new ArgumentOutOfRangeException(nameof(slot), slot, $"Slots are 0 to {SlotCount - 1}.");
        var valuesPerImage = 3 * _spec.ImageSize * _spec.ImageSize;
        var images = new float[SlotSize * valuesPerImage];
        var (texts, ids, keys) = (new string[SlotSize], new long[SlotSize], new string[SlotSize]);
        for (var row = 0; row < SlotSize; row++)
        {
            var (place, image) = FindDecodable((step * SlotCount + slot) * SlotSize + row);
            var picture = _source.ReadPicture(place.Picture);
            var random = new KeyedRandom(_seed, AugmentationSite, (ulong)step, (ulong)slot, (ulong)row);
            var varied = Augmentation.Apply(image, _spec.ImageSize, _spec.Augmentation, random);
            PixelNormalization.Write(varied, images.AsSpan(row * valuesPerImage, valuesPerImage));
            texts[row] = _spec.Prompt + CaptionText.PreCaption(picture.Captions[place.Caption].Text, _spec.CaptionWordsMax);
            ids[row] = picture.ImageId;
            keys[row] = picture.Key;
        }
        var tokens = _tokenizer.Frame(texts, _spec.TokensMax, _spec.Padding);
        return new SlotBatch
        {
            Size = SlotSize,
            ImageSize = _spec.ImageSize,
            TokenCount = tokens.Length,
            Images = images,
            TokenIds = tokens.Ids,
            AttentionMask = tokens.Mask,
            ImageIds = ids,
            Keys = keys,
        };
    }

    // A picture that is bad by its content is bad for everybody: who stands in for it depends on data and position alone.
    private (PairPlace Place, RgbImage Image) FindDecodable(long position)
    {
        var pair = (int)_order[position];
        for (var attempt = 0; attempt <= ReplacementsMax; attempt++)
        {
            var place = _source.Locate(pair);
            if (Decode(place.Picture) is { } image)
                return (place, image);
            pair = new KeyedRandom(KeyedRandom.Word(_source.Digest), ReplacementSite, (ulong)position, (ulong)attempt).NextInt(_source.PairCount);
        }
        var example = _undecodable.Values.First();
        throw new DatasetException(
            $"'{_source.Name}': {ReplacementsMax} pictures in a row cannot be decoded, among them '{example.Name}' ({example.Reason}); check the data set.");
    }

    private RgbImage? Decode(int picture)
    {
        if (_cache.TryGet(picture, out var image))
            return image;
        if (_undecodable.ContainsKey(picture))
            return null;
        try
        {
            image = ImageDecoder.Decode(_source.ReadImage(picture), _source.ReadPicture(picture).Key);
        }
        catch (ImageException error)
        {
            _undecodable.TryAdd(picture, new SourceProblem(error.Name, error.Message));
            return null;
        }
        _cache.Add(picture, image);
        return image;
    }
}
