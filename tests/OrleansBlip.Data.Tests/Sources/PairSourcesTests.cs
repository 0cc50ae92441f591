using System.Text;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Tests.Images;

namespace OrleansBlip.Data.Tests.Sources;

public class PairSourcesTests
{
    private static readonly byte[] Jpeg = TestPictures.Encode(8, 8, 100);

    [Fact]
    public void Open_Shards_ReadsCaptionsIdsAndSources()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder.Path,
            ("txt", "one\n two  words \n\n", null),
            ("json", null, """{"caption": "a\nb", "image_id": 7, "source": "human"}"""),
            ("list", "ignored", """{"caption": ["x", "", "y"], "image_id": "coco_1"}"""),
            ("records", null, """{"captions": [{"caption": "w", "caption_source": "web"}, {"caption": "s", "caption_source": "synthetic"}], "image_id": 9}"""),
            ("none", null, """{"url": "x"}"""));
        using var source = PairSources.Open(folder.Path);
        Assert.Equal((5, 7), (source.PictureCount, source.PairCount));
        Assert.Equal(["one", "two words", "a b", "x", "y", "w", "s"], Pairs(source).Select(pair => pair.Text));
        Assert.Equal(
            [CaptionSource.Web, CaptionSource.Web, CaptionSource.Human, CaptionSource.Web, CaptionSource.Web, CaptionSource.Web, CaptionSource.Synthetic],
            Pairs(source).Select(pair => pair.Source));
        Assert.Equal((7, 9), (source.ReadPicture(1).ImageId, source.ReadPicture(3).ImageId));
        Assert.Equal(5, Enumerable.Range(0, 5).Select(picture => source.ReadPicture(picture).ImageId).Distinct().Count());
        Assert.Equal(Jpeg, source.ReadImage(4));
        Assert.Equal([5, 2], source.PairsPerShard);
    }

    [Fact]
    public void Open_ShardsWithBadSamples_LeavesThemOutWithTheReason()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new ShardWriter(folder.Path))
        {
            writer.Add(Sample("a", "fine", null));
            writer.Add(Sample("b", null, "{"));
            writer.Add(Sample("c", null, "[]"));
            writer.Add(Sample("e", null, """{"caption": "lone \ud800 surrogate"}"""));
            writer.Add(new ShardSample("d", new Dictionary<string, ReadOnlyMemory<byte>> { ["txt"] = new byte[] { 65 } }));
            writer.Complete();
        }
        using var source = PairSources.Open(folder.Path);
        Assert.Equal(1, source.PictureCount);
        Assert.Equal(["00000.tar/b", "00000.tar/c", "00000.tar/e", "00000.tar/d"], source.Problems.Select(problem => problem.Name));
    }

    [Fact]
    public void Open_TextOfEndlessLines_KeepsAHundred()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder.Path, ("a", string.Concat(Enumerable.Repeat("x\n", 100_000)), null));
        using var source = PairSources.Open(folder.Path);
        Assert.Equal(100, source.PairCount);
    }

    [Fact]
    public void Open_PatternOverTwoFolders_JoinsThem()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder.File("clean"), ("a", "clean one", null));
        WriteShards(folder.File("web"), ("a", "web one", null), ("b", "web two", null), ("c", "web three", null));
        using var source = PairSources.Open(folder.File("{clean,web}", "*.tar"));
        Assert.Equal(["clean one", "web one", "web two", "web three"], Pairs(source).Select(pair => pair.Text));
        Assert.Equal(4, Enumerable.Range(0, 4).Select(picture => source.ReadPicture(picture).ImageId).Distinct().Count());
        Assert.Equal(Jpeg, source.ReadImage(3));
    }

    [Fact]
    public void Open_List_PutsCaptionsOfOnePictureTogether()
    {
        using var folder = new TemporaryFolder();
        WriteFiles(folder, "images/1.jpg", "images/2.png");
        File.WriteAllText(folder.File("train.json"), """
            [{"image": "images/1.jpg", "caption": "one", "image_id": "coco_1"}, {"image": "images/2.png", "caption": ["two", "three"]},
             {"image": "images/1.jpg", "caption": "four", "image_id": "coco_1"}, {"image": "images/missing.jpg", "caption": "x"},
             {"image": "images/3.jpg", "caption": "\ud800"}, {"url": "http://x", "caption": "x"}]
            """);
        using var source = PairSources.Open(folder.File("train.json"), new PairSourceOptions { Source = CaptionSource.Human });
        Assert.Equal(["one", "four", "two", "three"], Pairs(source).Select(pair => pair.Text));
        Assert.Equal("images/1.jpg", source.ReadPicture(0).Key);
        Assert.Equal(3, source.Problems.Count);
        Assert.Equal(Jpeg, source.ReadImage(1));
    }

    [Theory]
    [InlineData("""[{"image": "../1.jpg", "caption": "x"}]""", "outside")]
    [InlineData("""[{"image": "/etc/passwd", "caption": "x"}]""", "outside")]
    [InlineData("""{"image": "1.jpg"}""", "JSON list")]
    [InlineData("[1]", "JSON list")]
    [InlineData("[", "JSON list")]
    [InlineData("[]", "holds no picture")]
    [InlineData("""[{"image": "1.jpg\u0000", "caption": "x"}]""", "JSON list")]
    public void Open_BadList_SaysWhatIsWrong(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("train.json"), json);
        Assert.Contains(expected, Assert.Throws<DatasetException>(() => PairSources.Open(folder.File("train.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SeveralOfAnyKind_JoinsThem()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder.File("web"), ("a", "of a shard", null));
        WriteFiles(folder, "pictures/b.jpg", "c.jpg");
        File.WriteAllText(folder.File("pictures", "b.txt"), "of a folder");
        File.WriteAllText(folder.File("list.json"), """[{"image": "c.jpg", "caption": "of a list"}, {"image": "none.jpg", "caption": "of nothing"}]""");

        using var source = PairSources.Open(string.Join("::", folder.File("web"), folder.File("pictures"), folder.File("list.json")));

        Assert.Equal(["of a shard", "of a folder", "of a list"], Pairs(source).Select(pair => pair.Text));
        Assert.Equal("none.jpg", Assert.Single(source.Problems).Name);
        Assert.Throws<DatasetNotFoundException>(() => PairSources.Open($"{folder.File("list.json")}::{folder.File("x")}"));
    }

    [Fact]
    public void Open_Folder_ReadsTextsBesideThePictures()
    {
        using var folder = new TemporaryFolder();
        WriteFiles(folder, "b.jpg", "sub/a.JPG", "c.webp");
        File.WriteAllText(folder.File("b.txt"), "one\ntwo\n");
        File.WriteAllText(folder.File("sub", "a.txt"), "three");
        using var source = PairSources.Open(folder.Path);
        Assert.Equal(["b.jpg", "c.webp", "sub/a.JPG"], Enumerable.Range(0, 3).Select(picture => source.ReadPicture(picture).Key));
        Assert.Equal(["one", "two", "three"], Pairs(source).Select(pair => pair.Text));
    }

    [Fact]
    public void Digest_OfAFolder_FollowsItsContent()
    {
        using var folder = new TemporaryFolder();
        WriteFiles(folder, "a.jpg");
        File.WriteAllText(folder.File("a.txt"), "one");
        var digests = new List<string> { Digest(folder.Path), Digest(folder.Path) };
        File.WriteAllText(folder.File("a.txt"), "two");
        digests.Add(Digest(folder.Path));
        File.WriteAllBytes(folder.File("a.jpg"), TestPictures.Encode(8, 8, 101));
        digests.Add(Digest(folder.Path));
        Assert.Equal(3, digests.Distinct().Count());
    }

    [Fact]
    public void Open_NothingThere_SaysWhatToGive()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("does not exist", Assert.Throws<DatasetNotFoundException>(() => PairSources.Open(folder.File("x"))).Message, StringComparison.Ordinal);
        Assert.Contains("holds no picture", Assert.Throws<DatasetException>(() => PairSources.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<DatasetException>(() => PairSources.Open(folder.File("{0..1}.tar"))).Message, StringComparison.Ordinal);
    }

    internal static IEnumerable<Caption> Pairs(PairSource source) => Enumerable.Range(0, source.PairCount)
        .Select(source.Locate).Select(place => source.ReadPicture(place.Picture).Captions[place.Caption]);

    private static string Digest(string path)
    {
        using var source = PairSources.Open(path);
        return source.Digest;
    }

    private static void WriteFiles(TemporaryFolder folder, params string[] names)
    {
        foreach (var name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            File.WriteAllBytes(folder.File(name), Jpeg);
        }
    }

    private static void WriteShards(string folder, params (string Key, string? Text, string? Json)[] samples)
    {
        using var writer = new ShardWriter(folder, samplesPerShardMax: 3);
        foreach (var (key, text, json) in samples)
            writer.Add(Sample(key, text, json));
        writer.Complete();
    }

    private static ShardSample Sample(string key, string? text, string? json)
    {
        var members = new Dictionary<string, ReadOnlyMemory<byte>> { ["jpg"] = Jpeg };
        if (text is not null)
            members["txt"] = Encoding.UTF8.GetBytes(text);
        if (json is not null)
            members["json"] = Encoding.UTF8.GetBytes(json);
        return new ShardSample(key, members);
    }
}
