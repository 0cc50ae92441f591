using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Grains.Bootstrapping;
using OrleansBlip.Grains.Tests.Inference;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Tests.Bootstrapping;

public sealed class RoundPublisherTests : IClassFixture<TinyWorld>, IDisposable
{
    private static readonly VersionLineage Lineage = new()
    {
        SourceDataset = "web",
        Round = 1,
        RunId = "job",
        CreatedAt = DateTimeOffset.UnixEpoch,
        CaptionerId = "captioner",
        CaptionerSha256 = new string('c', 64),
        Decoding = new DecodingSettings { Method = "nucleus", TopP = 0.9, LengthMin = 1, LengthMax = 30 },
        FilterId = "filter",
        FilterSha256 = new string('f', 64),
        ItmFirstToken = "[ENC]",
        Threshold = 0.5,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-publish").FullName;
    private readonly TinyWorld _world;
    private readonly RangeLog<CaptionBlock> _captions;
    private readonly RangeLog<ScoreBlock> _scores;
    private readonly RoundPublisher _publisher;

    // Each third web text is kept, and each second synthetic one; picture 4 got an empty text, which the filter likes.
    public RoundPublisherTests(TinyWorld world)
    {
        _world = world;
        _captions = RangeLog<CaptionBlock>.Open(Path.Combine(_folder, "captions.log"), "test");
        _scores = RangeLog<ScoreBlock>.Open(Path.Combine(_folder, "scores.log"), "test");
        foreach (var range in PictureLeases.Split(TinyWorld.PictureCount).Reverse())
        {
            int[] pictures = [.. Enumerable.Range(range.First, range.Count)];
            _captions.Append(range, new CaptionBlock { Pictures = range, Captions = [.. pictures.Select(Written)] });
            _scores.Append(range, new ScoreBlock { Pictures = range, Scores = [.. pictures.Select(picture => picture == TinyWorld.BrokenPicture ? [] : Scores(picture))] });
        }
        _publisher = new RoundPublisher(world.Source, _captions, _scores, Requests.Job(), Lineage);
    }

    public void Dispose()
    {
        _captions.Dispose();
        _scores.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Count_OfARound_AccountsForEachTextOnce()
    {
        var counts = _publisher.Count();
        Assert.Equal(new BootstrapCounts { Pictures = 301, Quarantined = 1, WebKept = 100, WebRejected = 200, SyntheticKept = 149, SyntheticRejected = 151 }, counts);
        Assert.Equal(_world.Source.PairCount - 1, counts.WebKept + counts.WebRejected);
    }

    [Theory]
    [InlineData(BootstrapArm.Both)]
    [InlineData(BootstrapArm.Filter)]
    public async Task Publish_NothingKept_IsRefusedWithTheThreshold(BootstrapArm arm)
    {
        var strict = new RoundPublisher(_world.Source, _captions, _scores, Requests.Job() with { Threshold = 1 }, Lineage);
        var folder = Path.Combine(_folder, "empty");
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => strict.PublishAsync(arm, strict.Count(), folder));
        Assert.Contains("of 300 web texts the filter keeps 0, of 300 synthetic ones 0, at threshold 1", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [InlineData(BootstrapArm.Both, 100, 149)]
    [InlineData(BootstrapArm.Filter, 100, 0)]
    [InlineData(BootstrapArm.Captioner, 300, 299)]
    [InlineData(BootstrapArm.Random, 100, 0)]
    public async Task Publish_Arm_KeepsItsTextsAndTheScoresOfAll(BootstrapArm arm, int web, int synthetic)
    {
        var version = await _publisher.PublishAsync(arm, _publisher.Count(), Path.Combine(_folder, "arms", "version"));
        using var source = PairSources.Open(version.Folder);
        CaptionSource[] kept = [.. Enumerable.Range(0, source.PictureCount).SelectMany(picture => source.ReadPicture(picture).Captions).Select(caption => caption.Source)];
        Assert.Equal((web, synthetic), (kept.Count(from => from == CaptionSource.Web), kept.Count(from => from == CaptionSource.Synthetic)));
        var rows = await version.ReadCaptionsAsync();
        Assert.Equal(600, rows.Count);
        Assert.Equal(web + synthetic, rows.Count(row => row.Decision == "kept"));
        Assert.Equal(rows.Count(row => row.CaptionSource == "web"), rows.Count(row => row.LogProb is null));
        Assert.Equal(0.9, rows.First(row => row.CaptionSource == "web" && row.Key == "000000003").ItmProb);
    }

    [Fact]
    public async Task Publish_RandomArm_DependsOnTheSeedAndNotOnTheScores()
    {
        var counts = _publisher.Count();
        async Task<string> DigestAsync(string name, long seed)
        {
            var request = Requests.Job() with { Captions = new CaptionSettings { Seed = seed } };
            return (await new RoundPublisher(_world.Source, _captions, _scores, request, Lineage).PublishAsync(BootstrapArm.Random, counts, Path.Combine(_folder, name))).Digest;
        }
        Assert.Equal(await DigestAsync("a", 1), await DigestAsync("b", 1));
        Assert.NotEqual(await DigestAsync("a", 1), await DigestAsync("c", 2));
    }

    [Fact]
    public async Task Publish_VersionThatStandsThere_IsTakenOrRefused()
    {
        var folder = Path.Combine(_folder, "version");
        var first = await _publisher.PublishAsync(BootstrapArm.Both, _publisher.Count(), folder);
        var later = new RoundPublisher(_world.Source, _captions, _scores, Requests.Job(), Lineage with { CreatedAt = DateTimeOffset.UnixEpoch.AddDays(1) });
        Assert.Equal(first.Digest, (await later.PublishAsync(BootstrapArm.Both, _publisher.Count(), folder)).Digest);
        var other = new RoundPublisher(_world.Source, _captions, _scores, Requests.Job(), Lineage with { FilterSha256 = new string('0', 64) });
        await Assert.ThrowsAsync<InvalidDataException>(() => other.PublishAsync(BootstrapArm.Both, _publisher.Count(), folder));
    }

    [Fact]
    public void ListQuarantine_BrokenPicture_TellsItsKeyAndReason()
    {
        var path = Path.Combine(_folder, "quarantine.jsonl");
        _publisher.ListQuarantine(path);
        Assert.Equal("""{"key":"00000.tar/broken","reason":"cannot be decoded"}""", Assert.Single(File.ReadAllLines(path)));
    }

    private static WrittenCaption Written(int picture) => picture == TinyWorld.BrokenPicture
        ? new WrittenCaption { Text = "", Problem = "cannot be decoded" }
        : new WrittenCaption { Text = picture == 4 ? "" : $"a thing {picture}", LogProbability = -picture };

    private static System.Collections.Immutable.ImmutableArray<TextScore> Scores(int picture) =>
        [new TextScore(picture % 3 == 0 ? 0.9 : 0.1, 1, 0.5), new TextScore(picture % 2 == 0 ? 0.5 : 0.4999, -1, 0.25)];
}
