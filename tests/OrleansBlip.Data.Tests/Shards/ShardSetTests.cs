using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Tests.Shards;

public class ShardSetTests
{
    [Fact]
    public void Open_OwnFolder_VerifiesAllShards()
    {
        using var folder = new TemporaryFolder();
        var manifest = Write(folder.Path, 5);
        using var set = ShardSet.Open(folder.Path);
        Assert.Equal(manifest.Digest, set.Manifest.Digest);
        Assert.Equal(5, set.Shards.Sum(shard => shard.Count));
    }

    [Fact]
    public void Open_ForeignFolder_KeepsTheManifestMadeFirst()
    {
        using var folder = new TemporaryFolder();
        var manifest = Write(folder.Path, 5);
        File.Delete(folder.File(ShardManifest.FileName));
        using (var set = ShardSet.Open(folder.Path))
            Assert.Equal(manifest.Digest, set.Manifest.Digest);
        Assert.True(File.Exists(folder.File(ShardManifest.FileName)));
    }

    [Fact]
    public void Open_PartOfAForeignFolderWithCache_AddsToWhatIsKept()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("set"), 5);
        File.Delete(folder.File("set", ShardManifest.FileName));
        ShardSet.Open(folder.File("set"), ["00000.tar"], folder.File("cache")).Dispose();
        ShardSet.Open(folder.File("set"), ["00002.tar"], folder.File("cache")).Dispose();
        Assert.False(File.Exists(folder.File("set", ShardManifest.FileName)));
        var kept = ShardManifest.Load(Assert.Single(Directory.GetFiles(folder.File("cache"))));
        Assert.Equal(["00000.tar", "00002.tar"], kept.Shards.Select(shard => shard.Name));
    }

    [Fact]
    public void Open_ShardMissing_NamesIt()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, 5);
        File.Delete(folder.File("00001.tar"));
        Assert.Contains("00001.tar", Assert.Throws<DatasetException>(() => ShardSet.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ShardTheManifestDoesNotList_NamesIt()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, 5);
        File.Copy(folder.File("00001.tar"), folder.File("extra.tar"));
        Assert.Contains("extra.tar", Assert.Throws<DatasetException>(() => ShardSet.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"format\":2,\"shards\":[]}")]
    [InlineData("{\"format\":1,\"shards\":[{\"name\":\"../x.tar\",\"samples\":1,\"bytes\":1,\"sha256\":\"\"}]}")]
    [InlineData("{\"format\":1,\"shards\":[{\"name\":\"x.tar\",\"samples\":1e99,\"bytes\":1,\"sha256\":\"\"}]}")]
    [InlineData("{\"format\":1,\"shards\":{}}")]
    public void Open_BadManifest_Throws(string manifest)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(ShardManifest.FileName), manifest);
        Assert.Equal(ShardDefect.BadManifest, Assert.Throws<ShardException>(() => ShardSet.Open(folder.Path)).Defect);
    }

    private static ShardManifest Write(string folder, int samples)
    {
        using var writer = new ShardWriter(folder, samplesPerShardMax: 2);
        for (var i = 0; i < samples; i++)
            writer.Add(ShardWriterTests.Sample(i));
        return writer.Complete();
    }
}
