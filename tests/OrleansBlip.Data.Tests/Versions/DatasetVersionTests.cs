using System.Text.Json;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Tests.Images;
using OrleansBlip.Data.Tests.Sources;
using OrleansBlip.Data.Versions;

namespace OrleansBlip.Data.Tests.Versions;

public class DatasetVersionTests
{
    private static readonly VersionLineage Lineage = new()
    {
        SourceDataset = "web",
        Round = 1,
        RunId = "run-1",
        CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        CaptionerId = "captioner",
        CaptionerSha256 = new string('c', 64),
        Decoding = new DecodingSettings { Method = "nucleus", TopP = 0.9, LengthMin = 1, LengthMax = 20 },
        FilterId = "filter",
        FilterSha256 = new string('f', 64),
        ItmFirstToken = "[ENC]",
        Threshold = 0.5,
    };

    [Fact]
    public async Task Commit_KeptAndRejected_KeepsPairsInShardsAndAllInTheTable()
    {
        using var folder = new TemporaryFolder();
        using var parent = Parent(folder);
        var version = await Write(folder.File("v1"), parent, Lineage);

        using var source = PairSources.Open(folder.File("v1"));
        Assert.Equal(version.Digest, source.Digest);
        Assert.Equal(2, source.PictureCount);
        Assert.Equal(
            [("web 0", CaptionSource.Web), ("made 0", CaptionSource.Synthetic), ("made 2", CaptionSource.Synthetic)],
            PairSourcesTests.Pairs(source).Select(pair => (pair.Text, pair.Source)));
        Assert.Equal([parent.ReadPicture(0).ImageId, parent.ReadPicture(2).ImageId], [source.ReadPicture(0).ImageId, source.ReadPicture(1).ImageId]);
        Assert.Equal(parent.ReadImage(2), source.ReadImage(1));

        var records = await DatasetVersion.Open(folder.File("v1")).ReadCaptionsAsync();
        Assert.Equal(["web 0", "made 0", "web 1", "made 1", "web 2", "made 2"], records.Select(record => record.Caption));
        Assert.Equal(["kept", "kept", "rejected", "rejected", "rejected", "kept"], records.Select(record => record.Decision));
        Assert.Equal((parent.Digest, "web 1", 0.25, "run-1", "000000001"),
            (records[3].ParentDatasetVersion, records[3].OriginalCaption, records[3].ItmProb, records[3].RunId, records[3].Key));
        Assert.Equal((null, null, "captioner", 0.9), (records[0].CaptionerId, records[0].TopP, records[1].CaptionerId, records[1].TopP));
        Assert.Equal(Lineage.CreatedAt.UtcDateTime, records[0].CreatedAt);
        Assert.Equal(6, records.Select(record => record.Uid).Distinct().Count());
        Assert.Equal((parent.Digest, Lineage), (version.ParentDigest, version.Lineage));
    }

    [Fact]
    public async Task Commit_ByAnotherRunAtAnotherTime_GivesTheSameVersion()
    {
        using var folder = new TemporaryFolder();
        using var parent = Parent(folder);
        var first = await Write(folder.File("a"), parent, Lineage);
        var second = await Write(folder.File("b"), parent, Lineage with { RunId = "run-2", CreatedAt = Lineage.CreatedAt.AddDays(1) });
        Assert.Equal(first.Digest, second.Digest);
        Assert.NotEqual(first.Digest, (await Write(folder.File("c"), parent, Lineage with { FilterSha256 = new string('0', 64) })).Digest);
    }

    [Fact]
    public async Task Json_OfAKeptSample_IsTheTablesRow()
    {
        using var folder = new TemporaryFolder();
        using var parent = Parent(folder);
        var version = await Write(folder.File("v1"), parent, Lineage);
        using var shard = ShardReader.Open(folder.File("v1", "00000.tar"));
        using var json = JsonDocument.Parse(shard.ReadSample(0).Members["json"]);
        var found = json.RootElement.GetProperty("captions").Deserialize<CaptionRecord[]>()!;
        Assert.Equal((await version.ReadCaptionsAsync()).Take(2).Select(row => row with { RunId = null, CreatedAt = null }), found);
    }

    [Fact]
    public async Task Dispose_WithoutCommit_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var parent = Parent(folder);
        using (var writer = new DatasetVersionWriter(folder.File("v1"), parent, Lineage))
            await writer.AddAsync(0, [Caption("web 0", CaptionSource.Web, 0.9)]);
        Assert.Equal([folder.File("web")], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Add_PicturesOutOfOrder_Throws()
    {
        using var folder = new TemporaryFolder();
        using var parent = Parent(folder);
        using var writer = new DatasetVersionWriter(folder.File("v1"), parent, Lineage);
        await writer.AddAsync(1, []);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => writer.AddAsync(1, []));
    }

    [Fact]
    public async Task Open_ChangedCaptions_Throws()
    {
        using var folder = new TemporaryFolder();
        using var parent = Parent(folder);
        await Write(folder.File("v1"), parent, Lineage);
        using (var stream = File.OpenWrite(folder.File("v1", "captions.parquet")))
            stream.WriteByte(0);
        Assert.Throws<DatasetException>(() => DatasetVersion.Open(folder.File("v1")));
        Assert.Throws<DatasetException>(() => DatasetVersion.Open(folder.File("web")));
        Assert.Throws<DatasetException>(() => new DatasetVersionWriter(folder.File("v1"), parent, Lineage));
    }

    private static ScoredCaption Caption(string text, CaptionSource source, double probability) => new()
    {
        Text = text,
        Source = source,
        ItmProbability = probability,
        ItmLogit = 1.5,
        ItcSimilarity = 0.1,
        RejectReason = probability < 0.5 ? "itm" : null,
    };

    private static async Task<DatasetVersion> Write(string folder, PairSource parent, VersionLineage lineage)
    {
        double[] web = [0.9, 0.1, 0.2], made = [0.5, 0.25, 0.8];
        using var writer = new DatasetVersionWriter(folder, parent, lineage);
        for (var picture = 0; picture < 3; picture++)
        {
            await writer.AddAsync(picture,
            [
                Caption($"web {picture}", CaptionSource.Web, web[picture]),
                Caption($"made {picture}", CaptionSource.Synthetic, made[picture]),
            ]);
        }
        return await writer.CommitAsync();
    }

    private static PairSource Parent(TemporaryFolder folder)
    {
        using (var writer = new ShardWriter(folder.File("web")))
        {
            for (var i = 0; i < 3; i++)
            {
                writer.Add(new ShardSample($"{i:D9}", new Dictionary<string, ReadOnlyMemory<byte>>
                {
                    ["jpg"] = TestPictures.Encode(8, 8, (byte)(i * 50)),
                    ["txt"] = System.Text.Encoding.UTF8.GetBytes($"web {i}"),
                }));
            }
            writer.Complete();
        }
        return PairSources.Open(folder.File("web"));
    }
}
