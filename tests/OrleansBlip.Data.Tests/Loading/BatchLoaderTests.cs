using System.Text;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Tests.Images;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Loading;

public class BatchLoaderTests
{
    private static readonly CaptionTokenizer Tokenizer = new(new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "of", "picture", "red", "##0", "##1"]));

    private static readonly DataSpec Spec = new()
    {
        ImageSize = 8,
        TokensMax = 6,
        Padding = TokenPadding.Longest,
        Augmentation = new AugmentationSpec { Kind = AugmentationKind.ShiftAndBrightness },
        WindowShards = 2,
    };

    [Fact]
    public void Load_SameSlotInAnyOrderOnAnyThread_GivesTheSameBatch()
    {
        using var folder = new TemporaryFolder();
        using var source = Open(folder, pictures: 30);
        var expected = Slots(Loader(source)).ToList();
        var shared = Loader(source);
        var found = new SlotBatch[expected.Count];
        Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, index =>
        {
            var slot = found.Length - 1 - index;
            found[slot] = shared.Load(slot / 2, slot % 2);
        });
        for (var slot = 0; slot < found.Length; slot++)
            AssertEqual(expected[slot], found[slot]);
        // A cache too small for any picture changes nothing.
        AssertEqual(expected[3], new BatchLoader(source, Tokenizer, Spec, seed: 5, slotCount: 2, slotSize: 4, cacheBytesMax: 0).Load(1, 1));
    }

    [Fact]
    public void Load_OneEpoch_GivesEachPairOnce()
    {
        using var folder = new TemporaryFolder();
        using var source = Open(folder, pictures: 32);
        var keys = Slots(Loader(source), steps: 4).SelectMany(batch => batch.Keys).ToList();
        Assert.Equal(32, keys.Distinct().Count());
        Assert.Equal(32, keys.Count);
    }

    [Fact]
    public void Load_AnySlot_HasItsShapes()
    {
        using var folder = new TemporaryFolder();
        using var source = Open(folder, pictures: 9);
        var batch = new BatchLoader(source, Tokenizer, Spec with { Prompt = "a picture of ", Padding = TokenPadding.MaxLength }, 5, 2, 3).Load(7, 1);
        Assert.Equal((3, 8, 6), (batch.Size, batch.ImageSize, batch.TokenCount));
        Assert.Equal(3 * 3 * 8 * 8, batch.Images.Length);
        Assert.Equal(18, batch.TokenIds.Length);
        Assert.Equal([2, 4, 6, 5, 7, 3], batch.TokenIds[..6]);
        Assert.Equal(18, batch.AttentionMask.Sum());
        Assert.Equal(3, batch.ImageIds.Distinct().Count());
    }

    [Fact]
    public void Load_UndecodablePictures_PutsOthersInTheirPlacesAndNamesThem()
    {
        using var folder = new TemporaryFolder();
        using var source = Open(folder, pictures: 30, isBad: picture => picture % 5 == 0);
        var (first, second) = (Loader(source), Loader(source));
        var expected = Slots(first).ToList();
        AssertEqual(expected[5], second.Load(2, 1));
        Assert.Equal(6, first.Undecodable.Count);
        Assert.DoesNotContain(expected.SelectMany(batch => batch.Keys), first.Undecodable.Select(problem => problem.Name).Contains);
    }

    [Fact]
    public void Load_PicturesOfSeveralCaptions_NumbersEachPairAsItsSourceDoes()
    {
        using var folder = new TemporaryFolder();
        for (var picture = 0; picture < 4; picture++) File.WriteAllBytes(Path.Combine(folder.Path, $"{picture}.jpg"), TestPictures.Encode(8, 8, (byte)(picture * 5)));
        // The third one cannot be decoded: another pair stands in, and is the one named.
        File.WriteAllText(Path.Combine(folder.Path, "2.jpg"), "no picture");
        var list = Path.Combine(folder.Path, "list.json");
        File.WriteAllText(list, $"[{string.Join(',', Enumerable.Range(0, 4).Select(picture => $$"""{"image": "{{picture}}.jpg", "caption": ["red", "a picture", "a red"]}"""))}]");
        using var source = PairSources.Open(list);
        var batches = Slots(Loader(source), steps: 6).ToList();
        foreach (var batch in batches)
        {
            var places = batch.Pairs.Select(pair => source.Locate((int)pair)).ToArray();
            Assert.Equal(batch.Keys, places.Select(place => source.ReadPicture(place.Picture).Key));
            var texts = places.Select(place => source.ReadPicture(place.Picture).Captions[place.Caption].Text).ToArray();
            Assert.Equal(Tokenizer.Frame(texts, Spec.TokensMax, Spec.Padding).Ids, batch.TokenIds);
        }
        Assert.Equal([0L, 1, 2, 3, 4, 5, 9, 10, 11], batches.SelectMany(batch => batch.Pairs).Distinct().Order());
        Assert.Equal(3, batches.SelectMany(batch => batch.ImageIds).Distinct().Count());
    }

    [Fact]
    public void Load_WithASlotInQuarantine_ReplacesItsPicturesThereAndInLaterStepsOnly()
    {
        using var folder = new TemporaryFolder();
        using var source = Open(folder, pictures: 64, isBad: picture => picture == 7);
        var loader = Loader(source);
        var before = Slots(loader, steps: 20).ToList();
        var place = new SlotPlace(3, 1);
        var quarantine = loader.Quarantine([place]);
        var after = Enumerable.Range(0, 40).Select(index => loader.Load(index / 2, index % 2, quarantine)).ToList();
        for (var index = 0; index < 7; index++) AssertEqual(before[index], after[index]);

        // Nothing of what stood there remains, and nothing of it comes back in later epochs, which hold every picture otherwise.
        var gone = before[7].Keys.ToHashSet();
        Assert.Equal(4, gone.Count);
        Assert.Empty(after[7].Keys.Intersect(gone));
        Assert.Contains(before.Skip(8).SelectMany(batch => batch.Keys), gone.Contains);
        Assert.DoesNotContain(after.Skip(8).SelectMany(batch => batch.Keys), gone.Contains);
        Assert.Contains(Enumerable.Range(8, 32), index => before[index].Keys.SequenceEqual(after[index].Keys));

        var (elsewhere, again) = (Loader(source), Loader(source));
        AssertEqual(after[7], elsewhere.Load(3, 1, elsewhere.Quarantine([place])));
        AssertEqual(after[33], again.Load(16, 1, again.Quarantine([place])));
    }

    [Fact]
    public void Load_WithNothingLeftBesideTheQuarantine_Throws()
    {
        using var folder = new TemporaryFolder();
        using var source = Open(folder, pictures: 4);
        var loader = Loader(source);
        var quarantine = loader.Quarantine([new SlotPlace(0, 0)]);
        Assert.Contains("in quarantine", Assert.Throws<DatasetException>(() => loader.Load(1, 0, quarantine)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingDecodable_Throws()
    {
        using var folder = new TemporaryFolder();
        using var source = Open(folder, pictures: 5, isBad: _ => true);
        Assert.Contains("cannot be decoded", Assert.Throws<DatasetException>(() => Loader(source).Load(0, 0)).Message, StringComparison.Ordinal);
    }

    private static BatchLoader Loader(PairSource source) => new(source, Tokenizer, Spec, seed: 5, slotCount: 2, slotSize: 4);

    private static IEnumerable<SlotBatch> Slots(BatchLoader loader, int steps = 8) =>
        Enumerable.Range(0, steps * 2).Select(index => loader.Load(index / 2, index % 2));

    private static PairSource Open(TemporaryFolder folder, int pictures, Func<int, bool>? isBad = null)
    {
        using (var writer = new ShardWriter(folder.Path, samplesPerShardMax: 8))
        {
            for (var i = 0; i < pictures; i++)
            {
                var bytes = isBad?.Invoke(i) == true ? Encoding.ASCII.GetBytes("no picture") : TestPictures.Encode(8, 8, (byte)(i * 5));
                writer.Add(new ShardSample($"{i:D9}", new Dictionary<string, ReadOnlyMemory<byte>>
                {
                    ["jpg"] = bytes,
                    ["txt"] = Encoding.UTF8.GetBytes($"red{i % 2} a{i}"),
                }));
            }
            writer.Complete();
        }
        return PairSources.Open(folder.Path);
    }

    private static void AssertEqual(SlotBatch expected, SlotBatch found)
    {
        Assert.Equal(expected.Keys, found.Keys);
        Assert.Equal(expected.Images, found.Images);
        Assert.Equal(expected.TokenIds, found.TokenIds);
        Assert.Equal(expected.AttentionMask, found.AttentionMask);
        Assert.Equal(expected.ImageIds, found.ImageIds);
        Assert.Equal(expected.Pairs, found.Pairs);
    }
}
