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
    private static readonly ulong AnswerSite = KeyedRandom.Word("dialogue answer");
    private static readonly ulong ReplacementSite = KeyedRandom.Word("replacement");

    private readonly PairSource _source;
    private readonly CaptionTokenizer _tokenizer;
    private readonly DataSpec _spec;
    private readonly ulong _seed;
    private readonly DataOrder _order;
    private readonly DialogueText _dialogues;
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
        _dialogues = new DialogueText(tokenizer, spec);
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

    /// <summary>The pictures that slots would have held, to do without them. Nothing is decoded: decoding may be what kills.</summary>
    public Quarantine Quarantine(IEnumerable<SlotPlace> slots) => new(slots.ToDictionary(
        place => place,
        place => Enumerable.Range(0, SlotSize).Select(row => _source.Locate((int)_order[PositionOf(place, row)]).Picture).ToHashSet()));

    /// <summary>Loads a slot.</summary>
    /// <param name="step">The step.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="quarantine">Pictures to do without; null for none.</param>
    /// <exception cref="DatasetException">The data cannot be read, or nearly none of it can be decoded.</exception>
    public SlotBatch Load(long step, int slot, Quarantine? quarantine = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if ((uint)slot >= (uint)SlotCount)
            throw new ArgumentOutOfRangeException(nameof(slot), slot, $"Slots are 0 to {SlotCount - 1}.");
        var (valuesPerImage, imagesPerSample) = (3 * _spec.ImageSize * _spec.ImageSize, _spec.Texts == PairKind.Sentence ? 2 : 1);
        var images = new float[imagesPerSample * SlotSize * valuesPerImage];
        var (texts, labels, ids, pairs, keys, captions) = (new string[SlotSize], new long[SlotSize], new long[SlotSize], new long[SlotSize], new string[SlotSize], new Caption[SlotSize]);
        for (var row = 0; row < SlotSize; row++)
        {
            var (pair, pictures) = FindUsable(new SlotPlace(step, slot), row, quarantine ?? Loading.Quarantine.None);
            var place = _source.Locate(pair);
            var picture = _source.ReadPicture(place.Picture);
            var random = new KeyedRandom(_seed, AugmentationSite, (ulong)step, (ulong)slot, (ulong)row);
            captions[row] = picture.Captions[place.Caption];
            (texts[row], labels[row]) = TextOf(captions[row], picture.Key, new KeyedRandom(_seed, AnswerSite, (ulong)step, (ulong)slot, (ulong)row));
            if (imagesPerSample == 2 && _spec.Augmentation.Kind != AugmentationKind.None && random.NextBool())
                (pictures, texts[row]) = (pictures.Reverse().ToArray(), CaptionText.SwapSides(texts[row]));
            for (var i = 0; i < imagesPerSample; i++)
            {
                var varied = Augmentation.Apply(pictures[i], _spec.ImageSize, _spec.Augmentation, random);
                _spec.Normalization.Write(varied, images.AsSpan((i * SlotSize + row) * valuesPerImage, valuesPerImage));
            }
            (ids[row], pairs[row]) = (picture.ImageId, pair);
            keys[row] = picture.Key;
        }
        var tokens = _tokenizer.Frame(texts, _spec.TokensMax, _spec.Padding);
        return new SlotBatch
        {
            Size = SlotSize,
            ImageSize = _spec.ImageSize,
            TokenCount = tokens.Length,
            ImagesPerSample = imagesPerSample,
            Images = images,
            TokenIds = tokens.Ids,
            AttentionMask = tokens.Mask,
            ImageIds = ids,
            Answers = _spec.Texts == PairKind.Question ? AnswersTo(captions) : null,
            Context = _spec.Texts == PairKind.Dialogue ? ContextOf(captions) : null,
            Labels = _spec.Texts is PairKind.Sentence or PairKind.Dialogue ? labels : null,
            Pairs = pairs,
            Keys = keys,
        };
    }

    // The text, and whether it is true where that is asked.
    private (string Text, long Label) TextOf(Caption caption, string key, KeyedRandom random)
    {
        if (_spec.Texts == PairKind.Question && caption.Answers.Count == 0)
            throw new DatasetException($"'{_source.Name}': the question \"{caption.Text}\" about '{key}' has no answer; leave it out of a training set.");
        if (_spec.Texts == PairKind.Sentence && caption.IsTrue is null)
            throw new DatasetException($"'{_source.Name}': the sentence \"{caption.Text}\" about '{key}' has no \"label\" True or False; leave it out of a training set.");
        if (_spec.Texts == PairKind.Dialogue)
            return DialogueOf(caption, key, random);
        return _spec.Texts == PairKind.Question
            ? (CaptionText.PreQuestion(caption.Text, _spec.CaptionWordsMax), 0)
            : (_spec.Prompt + CaptionText.PreCaption(caption.Text, _spec.CaptionWordsMax), caption.IsTrue == true ? 1 : 0);
    }

    private (string Text, long Label) DialogueOf(Caption caption, string key, KeyedRandom random)
    {
        if (caption.Round is not { } round)
            throw new DatasetException($"'{_source.Name}': \"{caption.Text}\" about '{key}' is no dialogue; give VisDial's JSON.");
        try
        {
            return _dialogues.Draw(caption.Text, round, random);
        }
        catch (DatasetException error)
        {
            throw new DatasetException($"'{_source.Name}', round {round.History.Count} about '{key}': {error.Message}", error);
        }
    }

    private TokenBatch ContextOf(Caption[] questions) => _tokenizer.Frame(
        [.. questions.Select(question => CaptionText.PreCaption(question.Round!.Caption, _spec.CaptionWordsMax))], _spec.TokensMax, _spec.Padding);

    private SlotAnswers AnswersTo(Caption[] questions)
    {
        var answers = questions.SelectMany((question, row) => question.Answers.Select(answer => (Row: (long)row, answer.Text, answer.Weight))).ToArray();
        var tokens = _tokenizer.Frame([.. answers.Select(answer => answer.Text)], _spec.TokensMax, TokenPadding.Longest);
        return new SlotAnswers(tokens, [.. answers.Select(answer => (float)answer.Weight)], [.. answers.Select(answer => answer.Row)]);
    }

    private long PositionOf(SlotPlace place, int row) => (place.Step * SlotCount + place.Slot) * SlotSize + row;

    // A picture that is bad by its content is bad for everybody: who stands in for it depends on data and position alone. A slot in quarantine begins behind all who
    // might have stood in for its pictures before, for they may have been the ones.
    private (int Pair, RgbImage[] Images) FindUsable(SlotPlace slot, int row, Quarantine quarantine)
    {
        var position = PositionOf(slot, row);
        var pair = (int)_order[position];
        var first = quarantine.Holds(slot) ? ReplacementsMax + 1 : 0;
        for (var attempt = first; attempt <= first + ReplacementsMax; attempt++)
        {
            var place = _source.Locate(pair);
            if (!quarantine.Excludes(place.Picture, slot) && DecodeAll(place.Picture) is { } images)
                return (pair, images);
            pair = new KeyedRandom(KeyedRandom.Word(_source.Digest), ReplacementSite, (ulong)position, (ulong)attempt).NextInt(_source.PairCount);
        }
        throw new DatasetException(_undecodable.Values.FirstOrDefault() is { } example
            ? $"'{_source.Name}': {ReplacementsMax} pictures in a row cannot be decoded, among them '{example.Name}' ({example.Reason}); check the data set."
            : $"'{_source.Name}': {ReplacementsMax} pictures in a row are in quarantine for killing devices; the data set is too small to do without them.");
    }

    private RgbImage[]? DecodeAll(int picture)
    {
        if (Decode(picture, picture, _source.ReadImage) is not { } first)
            return null;
        if (_spec.Texts != PairKind.Sentence)
            return [first];
        return Decode(picture, ~picture, SecondOf) is { } second ? [first, second] : null;
    }

    private byte[] SecondOf(int picture) => _source.ReadSecondImage(picture)
        ?? throw new DatasetException($"'{_source.Name}': '{_source.ReadPicture(picture).Key}' is one picture; sentences are about two, {{\"images\": [path, path]}}.");

    private RgbImage? Decode(int picture, int cacheKey, Func<int, byte[]> read)
    {
        if (_cache.TryGet(cacheKey, out var image))
            return image;
        if (_undecodable.ContainsKey(picture))
            return null;
        try
        {
            image = ImageDecoder.Decode(read(picture), _source.ReadPicture(picture).Key);
        }
        catch (ImageException error)
        {
            _undecodable.TryAdd(picture, new SourceProblem(error.Name, error.Message));
            return null;
        }
        _cache.Add(cacheKey, image);
        return image;
    }
}
