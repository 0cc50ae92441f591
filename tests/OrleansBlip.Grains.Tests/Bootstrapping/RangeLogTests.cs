using OrleansBlip.Grains.Bootstrapping;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Tests.Bootstrapping;

public sealed class RangeLogTests : IDisposable
{
    private static readonly PictureRange First = new(0, 2), Second = new(2, 2);

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-log").FullName;

    private string LogPath => Path.Combine(_folder, "captions.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_AfterACutAtAnyByte_KeepsWholeRangesAndTakesTheRestAgain()
    {
        long afterFirst;
        using (var log = Open())
        {
            log.Append(First, Block(First, "a", "b"));
            afterFirst = new FileInfo(LogPath).Length;
            log.Append(Second, Block(Second, "c", "d"));
        }
        byte[] whole = File.ReadAllBytes(LogPath);
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(LogPath, whole[..length]);
            using (var log = Open())
            {
                PictureRange[] expected = length == whole.Length ? [First, Second] : length >= afterFirst ? [First] : [];
                Assert.Equal(expected, log.Ranges.OrderBy(range => range.First));
                log.Append(First, Block(First, "a", "b"));
                log.Append(Second, Block(Second, "c", "d"));
            }
            Assert.Equal(whole, File.ReadAllBytes(LogPath));
        }
    }

    [Fact]
    public void Open_AfterAByteChanged_DropsTheRangeAndWhatFollows()
    {
        using (var log = Open())
        {
            log.Append(First, Block(First, "a", "b"));
            log.Append(Second, Block(Second, "c", "d"));
        }
        byte[] bytes = File.ReadAllBytes(LogPath);
        bytes[^1] ^= 1;
        File.WriteAllBytes(LogPath, bytes);
        using var reopened = Open();
        Assert.Equal([First], reopened.Ranges);
    }

    [Fact]
    public void Append_RangeTwice_KeepsTheFirst()
    {
        using var log = Open();
        log.Append(First, Block(First, "a", "b"));
        log.Append(First, Block(First, "x", "y"));
        Assert.Equal(["a", "b"], log.Read(First).Captions.Select(caption => caption.Text));
    }

    [Fact]
    public void Open_ResultsOfAnotherOrigin_IsRefused()
    {
        Open().Dispose();
        var refused = Assert.Throws<InvalidDataException>(() => RangeLog<CaptionBlock>.Open(LogPath, "another captioner"));
        Assert.Contains("another captioner", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RangeThatIsNotThere_SaysWhatToDo()
    {
        using var log = Open();
        Assert.Contains("Delete the file", Assert.Throws<InvalidDataException>(() => log.Read(First)).Message, StringComparison.Ordinal);
    }

    private RangeLog<CaptionBlock> Open() => RangeLog<CaptionBlock>.Open(LogPath, "one captioner");

    private static CaptionBlock Block(PictureRange range, params string[] texts) =>
        new() { Pictures = range, Captions = [.. texts.Select(text => new WrittenCaption { Text = text, LogProbability = -1.5 })] };
}
