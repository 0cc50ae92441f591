using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Tests.Shards;

public class ShardWriterTests
{
    private const string PinnedDigest = "e6fab4c8d70c2b3dec3a9a700d9c882e124f8335c55412c2169f3457c3de7b8d";

    internal static ShardSample Sample(int number, string caption = "a red circle") => new(
        $"{number:D9}",
        new Dictionary<string, ReadOnlyMemory<byte>>
        {
            ["txt"] = Encoding.UTF8.GetBytes(caption),
            ["jpg"] = Enumerable.Range(0, 600 + number).Select(i => (byte)(i * 7)).ToArray(),
            ["json"] = Encoding.UTF8.GetBytes($$"""{"image_id":{{number}},"source":"web"}"""),
        });

    [Fact]
    public void Write_SameSamplesTwice_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var digests = new[] { "a", "b" }.Select(name =>
        {
            using var writer = new ShardWriter(folder.File(name), samplesPerShardMax: 3);
            for (var i = 0; i < 7; i++)
                writer.Add(Sample(i));
            return writer.Complete().Digest;
        }).ToArray();
        Assert.Equal(digests[0], digests[1]);
        foreach (var name in new[] { "00000.tar", "00001.tar", "00002.tar", "manifest.json" })
            Assert.Equal(File.ReadAllBytes(folder.File("a", name)), File.ReadAllBytes(folder.File("b", name)));
        // A change of these bytes makes every data set another version: it must be meant.
        Assert.True(digests[0] == PinnedDigest, digests[0]);
    }

    [Fact]
    public void Write_ReadByTheSystemsReader_GivesSortedMembersWithFixedMetadata()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new ShardWriter(folder.Path))
        {
            writer.Add(Sample(0));
            writer.Add(Sample(1));
            writer.Complete();
        }
        using var stream = File.OpenRead(folder.File("00000.tar"));
        using var reader = new TarReader(stream);
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry)
        {
            names.Add(entry.Name);
            Assert.Equal(TarEntryFormat.Ustar, entry.Format);
            Assert.Equal(DateTimeOffset.UnixEpoch, entry.ModificationTime);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, entry.Mode);
        }
        Assert.Equal(["000000000.jpg", "000000000.json", "000000000.txt", "000000001.jpg", "000000001.json", "000000001.txt"], names);
    }

    [Fact]
    public void Complete_AfterSeveralShards_ListsCountsAndHashes()
    {
        using var folder = new TemporaryFolder();
        using var writer = new ShardWriter(folder.Path, samplesPerShardMax: 2);
        for (var i = 0; i < 5; i++)
            writer.Add(Sample(i));
        var manifest = writer.Complete();
        Assert.Equal([2, 2, 1], manifest.Shards.Select(shard => shard.Samples));
        foreach (var shard in manifest.Shards)
        {
            var bytes = File.ReadAllBytes(folder.File(shard.Name));
            Assert.Equal(bytes.Length, shard.Bytes);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), shard.Sha256);
        }
        Assert.Equal(manifest.Digest, ShardManifest.Load(folder.File(ShardManifest.FileName)).Digest);
    }

    [Fact]
    public void Dispose_WithoutComplete_LeavesNoPartOfAShardAndNoManifest()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new ShardWriter(folder.Path))
            writer.Add(Sample(0));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("../000000000", "jpg", ShardDefect.UnsafeName)]
    [InlineData("a.b", "jpg", ShardDefect.UnsafeName)]
    [InlineData("", "jpg", ShardDefect.UnsafeName)]
    [InlineData("a", "exe", ShardDefect.UnsafeName)]
    [InlineData("a", "JPG", ShardDefect.UnsafeName)]
    public void Add_UnsafeNames_Throws(string key, string extension, ShardDefect defect)
    {
        using var folder = new TemporaryFolder();
        using var writer = new ShardWriter(folder.Path);
        var sample = new ShardSample(key, new Dictionary<string, ReadOnlyMemory<byte>> { [extension] = new byte[1] });
        Assert.Equal(defect, Assert.Throws<ShardException>(() => writer.Add(sample)).Defect);
    }

    [Fact]
    public void Add_SameKeyTwice_Throws()
    {
        using var folder = new TemporaryFolder();
        using var writer = new ShardWriter(folder.Path);
        writer.Add(Sample(1));
        Assert.Equal(ShardDefect.Duplicate, Assert.Throws<ShardException>(() => writer.Add(Sample(1))).Defect);
    }

    [Fact]
    public void Construct_OverAFinishedDataSet_Throws()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new ShardWriter(folder.Path))
        {
            writer.Add(Sample(0));
            writer.Complete();
        }
        Assert.Throws<DatasetException>(() => new ShardWriter(folder.Path));
    }
}
