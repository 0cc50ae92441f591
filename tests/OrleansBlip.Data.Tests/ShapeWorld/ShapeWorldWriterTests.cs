using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class ShapeWorldWriterTests : IDisposable
{
    private const string GridSha256 = "51df461caa54fc64583ae4a9b0443638de3a010e6840b6638c67affb057b80df";
    private const string FreeSha256 = "7a3cd2d33a8bfbacdbe3035865fd2a6df03fcadac3c532f8e283a3885a6bf0a2";

    private readonly string _root = Directory.CreateTempSubdirectory("shapeworld-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(ShapeWorldLevel.Grid, GridSha256)]
    [InlineData(ShapeWorldLevel.Free, FreeSha256)]
    public void Write_SameSpec_GivesTheSameBytesOnEveryMachine(ShapeWorldLevel level, string sha256) =>
        Assert.Equal(sha256, DigestOf(Write(Small(level) with { WebCount = 160 }, "a")));

    [Fact]
    public void Write_OtherSeed_GivesOtherBytes() =>
        Assert.NotEqual(DigestOf(Write(Small(ShapeWorldLevel.Grid), "a")), DigestOf(Write(Small(ShapeWorldLevel.Grid) with { Seed = 1 }, "b")));

    [Fact]
    public void Write_OtherNoise_LeavesPicturesAndTrueTextsIdentical()
    {
        var spec = Small(ShapeWorldLevel.Grid) with { WebCount = 200 };
        var (noisy, clear) = (Write(spec, "noisy"), Write(spec with { Noise = NoiseShares.None }, "clear"));
        foreach (var split in Enum.GetValues<ShapeWorldSplit>())
            Assert.Equal(Members(noisy, split, "jpg").Select(Convert.ToHexString), Members(clear, split, "jpg").Select(Convert.ToHexString));
        var (some, all) = (TruthFile.Read(noisy, ShapeWorldSplit.Web), TruthFile.Read(clear, ShapeWorldSplit.Web));
        Assert.All(all, record => Assert.True(record.Texts[0].IsTrue));
        Assert.All(some.Zip(all).Where(pair => pair.First.Texts[0].Kind == TextKind.Own), pair => Assert.Equal(pair.Second.Texts[0], pair.First.Texts[0]));
    }

    [Fact]
    public void Write_Web_IsTrueByTheCheckerInTwoFifths()
    {
        var spec = Small(ShapeWorldLevel.Grid) with { WebCount = 4_000 };
        var texts = TruthFile.Read(Write(spec, "a"), ShapeWorldSplit.Web).Select(record => (Record: record, Text: record.Texts.Single())).ToArray();
        Assert.All(texts, pair => Assert.Equal(TruthChecker.IsTrue(pair.Text.Text, pair.Record.Scene), pair.Text.IsTrue));
        Assert.InRange(texts.Count(pair => pair.Text.IsTrue) / 4_000.0, 0.37, 0.43);
        Assert.InRange(texts.Count(pair => pair.Text.Kind == TextKind.Borrowed) / 4_000.0, 0.25, 0.31);
    }

    [Fact]
    public void Write_BorrowedCaptions_AreTrueOfAPictureOfTheSameSplit()
    {
        var records = TruthFile.Read(Write(Small(ShapeWorldLevel.Grid) with { WebCount = 400 }, "a"), ShapeWorldSplit.Web);
        var borrowed = records.Select(record => record.Texts[0]).Where(text => text.Kind == TextKind.Borrowed).ToArray();
        Assert.NotEmpty(borrowed);
        Assert.All(borrowed, text => Assert.Contains(records, record => TruthChecker.IsTrue(text.Text, record.Scene)));
    }

    [Theory]
    [InlineData(ShapeWorldSplit.Clean, 5, "human")]
    [InlineData(ShapeWorldSplit.Web, 1, "web")]
    [InlineData(ShapeWorldSplit.Test, 5, "human")]
    public void Write_Sample_HoldsTextsIdentityAndSourceAndNoTruth(ShapeWorldSplit split, int texts, string source)
    {
        var folder = Write(Small(ShapeWorldLevel.Grid), "a");
        var truth = TruthFile.Read(folder, split);
        var (captions, documents) = (Members(folder, split, "txt"), Members(folder, split, "json"));
        Assert.Equal(truth.Count, captions.Count);
        for (var i = 0; i < truth.Count; i++)
        {
            using var json = JsonDocument.Parse(documents[i]);
            Assert.Equal(["image_id", "source", "captions"], json.RootElement.EnumerateObject().Select(property => property.Name));
            Assert.Equal(truth[i].Scene.Identity, json.RootElement.GetProperty("image_id").GetInt64());
            Assert.Equal(source, json.RootElement.GetProperty("source").GetString());
            var lines = Encoding.UTF8.GetString(captions[i]).Split('\n');
            Assert.Equal(texts, lines.Length);
            Assert.Equal(lines, json.RootElement.GetProperty("captions").EnumerateArray().Select(caption => caption.GetString()));
            Assert.Equal(lines, truth[i].Texts.Select(text => text.Text));
        }
    }

    [Fact]
    public void Write_FolderThatHoldsSomething_IsRefusedAndKept()
    {
        var folder = Path.Combine(_root, "mine");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "thesis.txt"), "mine");
        var error = Assert.Throws<DatasetException>(() => Write(Small(ShapeWorldLevel.Grid), "mine"));
        Assert.Contains(folder, error.Message, StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Write_Cancelled_LeavesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Callback(_ => cancellation.Cancel());
        var spec = Small(ShapeWorldLevel.Grid) with { WebCount = 300 };
        Assert.Throws<OperationCanceledException>(() => new ShapeWorldWriter(spec).Write(Path.Combine(_root, "a"), progress, cancellation.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void IsWrittenTo_OtherSpecOrUnfinished_IsFalse()
    {
        var spec = Small(ShapeWorldLevel.Grid);
        var folder = Write(spec, "a");
        Assert.True(new ShapeWorldWriter(spec).IsWrittenTo(folder));
        Assert.False(new ShapeWorldWriter(spec with { WebCount = 41 }).IsWrittenTo(folder));
        Assert.False(new ShapeWorldWriter(spec).IsWrittenTo(Path.Combine(_root, "b")));
    }

    [Fact]
    public void Read_TruthThatWasDeletedOrBroken_SaysWhatToDo()
    {
        var folder = Write(Small(ShapeWorldLevel.Grid), "a");
        File.AppendAllText(TruthFile.PathOf(folder, ShapeWorldSplit.Val), "{\n");
        Assert.Contains("line 6", Assert.Throws<DatasetException>(() => TruthFile.Read(folder, ShapeWorldSplit.Val)).Message, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(folder, "truth"), recursive: true);
        Assert.Contains("generate", Assert.Throws<DatasetException>(() => TruthFile.Read(folder, ShapeWorldSplit.Web)).Message, StringComparison.Ordinal);
    }

    private static ShapeWorldSpec Small(ShapeWorldLevel level) =>
        Scenes.Spec(level) with { CleanCount = 5, WebCount = 40, ValCount = 5, TestCount = 10, PicturesPerShard = 16 };

    private string Write(ShapeWorldSpec spec, string name)
    {
        var folder = Path.Combine(_root, name);
        var summaries = new ShapeWorldWriter(spec).Write(folder);
        Assert.Equal(Enum.GetValues<ShapeWorldSplit>().Select(spec.CountOf), summaries.Select(summary => summary.PictureCount));
        return folder;
    }

    private static List<byte[]> Members(string folder, ShapeWorldSplit split, string extension)
    {
        using var shards = ShardSet.Open(Path.Combine(folder, ShapeWorldWriter.NameOf(split)));
        return [.. shards.Shards.SelectMany(shard => shard.ReadSamples()).Select(sample => sample.Members[extension].ToArray())];
    }

    // Manifests state the SHA-256 of each shard.
    private static string DigestOf(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var split in Enum.GetValues<ShapeWorldSplit>())
        {
            hash.AppendData(File.ReadAllBytes(Path.Combine(folder, ShapeWorldWriter.NameOf(split), ShardManifest.FileName)));
            hash.AppendData(File.ReadAllBytes(TruthFile.PathOf(folder, split)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed class Callback(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
