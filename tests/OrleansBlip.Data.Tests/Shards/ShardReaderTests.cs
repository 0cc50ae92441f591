using System.Formats.Tar;
using System.Text;
using CsCheck;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Tests.Shards;

public class ShardReaderTests
{
    [Fact]
    public void Read_WhatTheWriterWrote_GivesTheSamples()
    {
        using var folder = new TemporaryFolder();
        var entry = WriteShard(folder.Path, 5);
        using var shard = ShardReader.Open(folder.File("00000.tar"), entry);
        Assert.Equal(5, shard.Count);
        foreach (var (read, index) in shard.ReadSamples().Select((sample, index) => (sample, index)))
        {
            var expected = ShardWriterTests.Sample(index);
            Assert.Equal(expected.Key, read.Key);
            Assert.Equal(["jpg", "json", "txt"], read.Members.Keys.Order());
            Assert.All(read.Members, member => Assert.Equal(expected.Members[member.Key].ToArray(), member.Value.ToArray()));
        }
    }

    [Theory]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.V7)]
    public void Read_OtherWritersFormats_GivesTheSamples(TarEntryFormat format)
    {
        var folderName = format == TarEntryFormat.V7 ? "f" : new string('f', 120);
        var bytes = Tar(format, (TarEntryType.Directory, "f/", null), (FileType(format), $"{folderName}/a.JPG", "xyz"), (FileType(format), $"{folderName}/a.txt", "a cat"));
        using var folder = new TemporaryFolder();
        using var shard = Open(folder, bytes);
        Assert.Equal($"{folderName}/a", shard.Key(0));
        Assert.Equal("a cat", Encoding.UTF8.GetString(shard.ReadSample(0).Members["txt"].Span));
        Assert.Equal("xyz", Encoding.UTF8.GetString(shard.ReadSample(0).Members["jpg"].Span));
    }

    [Fact]
    public void Read_MembersOfOtherKinds_SkipsThemWithTheReason()
    {
        using var folder = new TemporaryFolder();
        using var shard = Open(folder, Tar(TarEntryFormat.Ustar,
            (TarEntryType.RegularFile, "__index__", "x"), (TarEntryType.RegularFile, "a.jpg", "x"), (TarEntryType.RegularFile, "a.npy", "x"), (TarEntryType.RegularFile, ".hidden", "x")));
        Assert.Equal(1, shard.Count);
        Assert.Equal(["__index__", "a.npy", ".hidden"], shard.Skipped.Select(member => member.Name));
        Assert.Contains("npy", shard.Skipped[1].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TarEntryType.RegularFile, "../a.jpg", ShardDefect.UnsafeName)]
    [InlineData(TarEntryType.RegularFile, "f/../../a.jpg", ShardDefect.UnsafeName)]
    [InlineData(TarEntryType.RegularFile, "/etc/a.jpg", ShardDefect.UnsafeName)]
    [InlineData(TarEntryType.RegularFile, "a\nb.jpg", ShardDefect.UnsafeName)]
    [InlineData(TarEntryType.SymbolicLink, "a.jpg", ShardDefect.NotAFile)]
    [InlineData(TarEntryType.HardLink, "a.jpg", ShardDefect.NotAFile)]
    [InlineData(TarEntryType.CharacterDevice, "a.jpg", ShardDefect.NotAFile)]
    [InlineData(TarEntryType.Fifo, "a.jpg", ShardDefect.NotAFile)]
    public void Open_HostileMember_NamesShardMemberAndDefect(TarEntryType type, string name, ShardDefect defect)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<ShardException>(() => Open(folder, Tar(TarEntryFormat.Pax, (type, name, type == TarEntryType.RegularFile ? "x" : null))));
        Assert.Equal(defect, error.Defect);
        Assert.Equal(("x.tar", name), (error.Shard, error.Member));
        Assert.Contains("x.tar", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.jpg", "a.jpg")]
    [InlineData("a.jpg", "a.JPG")]
    [InlineData("a.jpg", "b.jpg", "a.txt")]
    public void Open_DuplicateMemberOrSample_Throws(params string[] names)
    {
        using var folder = new TemporaryFolder();
        var bytes = Tar(TarEntryFormat.Ustar, [.. names.Select(name => (TarEntryType.RegularFile, name, (string?)"x"))]);
        Assert.Equal(ShardDefect.Duplicate, Assert.Throws<ShardException>(() => Open(folder, bytes)).Defect);
    }

    [Fact]
    public void Open_HugeDeclaredLength_ThrowsBeforeAllocating()
    {
        using var folder = new TemporaryFolder();
        var block = new byte[512];
        TarHeader.Write(block, "a.jpg", 0x1FFFFFFFF);
        Assert.Equal(ShardDefect.Truncated, Assert.Throws<ShardException>(() => Open(folder, [.. block, .. new byte[1024]])).Defect);
    }

    [Fact]
    public void Open_CutAnywhere_NeverReadsAsAShorterShard()
    {
        using var folder = new TemporaryFolder();
        var entry = WriteShard(folder.Path, 3);
        var whole = File.ReadAllBytes(folder.File("00000.tar"));
        for (var length = 0; length < whole.Length; length += length % 512 is 0 or 511 ? 1 : 510)
        {
            File.WriteAllBytes(folder.File("cut.tar"), whole[..length]);
            Assert.Equal(ShardDefect.Truncated, Assert.Throws<ShardException>(() => ShardReader.Open(folder.File("cut.tar"), entry).Dispose()).Defect);
            // Without a manifest only the two blocks of the end marker may go missing unseen, and no sample with them.
            if (length <= whole.Length - 1024)
                Assert.Throws<ShardException>(() => ShardReader.Open(folder.File("cut.tar")).Dispose());
        }
    }

    [Fact]
    public void Open_ZeroedHeader_Throws()
    {
        using var folder = new TemporaryFolder();
        WriteShard(folder.Path, 3);
        var bytes = File.ReadAllBytes(folder.File("00000.tar"));
        var second = bytes.AsSpan().IndexOf("000000001.jpg"u8);
        bytes.AsSpan(second, 512).Clear();
        Assert.Equal(ShardDefect.TrailingBytes, Assert.Throws<ShardException>(() => Open(folder, bytes)).Defect);
    }

    [Fact]
    public void Open_OneByteOfAMemberChanged_DiffersFromTheManifest()
    {
        using var folder = new TemporaryFolder();
        var entry = WriteShard(folder.Path, 3);
        var bytes = File.ReadAllBytes(folder.File("00000.tar"));
        bytes[600] ^= 1;
        File.WriteAllBytes(folder.File("00000.tar"), bytes);
        Assert.Equal(ShardDefect.ManifestMismatch, Assert.Throws<ShardException>(() => ShardReader.Open(folder.File("00000.tar"), entry)).Defect);
        using var unverified = ShardReader.Open(folder.File("00000.tar"), entry, verifyHash: false);
        Assert.Equal(3, unverified.Count);
    }

    [Fact]
    public void Open_GarbledBytes_ThrowsNothingButShardExceptions()
    {
        using var folder = new TemporaryFolder();
        var whole = Tar(TarEntryFormat.Pax, (TarEntryType.RegularFile, new string('n', 150) + ".jpg", "xyz"), (TarEntryType.RegularFile, "b.txt", "a cat"));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 8].Sample(changes =>
        {
            var bytes = (byte[])whole.Clone();
            foreach (var (offset, value) in changes)
                bytes[offset] = value;
            try
            {
                using var shard = Open(folder, bytes);
                Assert.All(shard.ReadSamples(), sample => Assert.NotEmpty(sample.Members));
            }
            catch (ShardException)
            {
            }
        }, threads: 1, iter: 1_000);
    }

    private static ShardEntry WriteShard(string folder, int samples)
    {
        using var writer = new ShardWriter(folder);
        for (var i = 0; i < samples; i++)
            writer.Add(ShardWriterTests.Sample(i));
        return writer.Complete().Shards[0];
    }

    private static ShardReader Open(TemporaryFolder folder, byte[] bytes)
    {
        File.WriteAllBytes(folder.File("x.tar"), bytes);
        return ShardReader.Open(folder.File("x.tar"));
    }

    private static TarEntryType FileType(TarEntryFormat format) => format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;

    private static byte[] Tar(TarEntryFormat format, params (TarEntryType Type, string Name, string? Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, format, leaveOpen: true))
        {
            foreach (var (type, name, content) in entries)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(type, name),
                    _ => new V7TarEntry(type, name),
                };
                if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                    entry.LinkName = "/etc/passwd";
                if (content is not null)
                    entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                writer.WriteEntry(entry);
            }
        }
        return stream.ToArray();
    }
}
