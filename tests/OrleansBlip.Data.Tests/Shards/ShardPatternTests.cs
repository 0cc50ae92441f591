using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Tests.Shards;

public class ShardPatternTests
{
    [Theory]
    [InlineData("a.tar", "a.tar")]
    [InlineData("{00008..00010}.tar", "00008.tar 00009.tar 00010.tar")]
    [InlineData("{8..10}.tar", "8.tar 9.tar 10.tar")]
    [InlineData("{a,b}/{1..2}.tar", "a/1.tar a/2.tar b/1.tar b/2.tar")]
    [InlineData("x{2..1}", "")]
    public void ExpandBraces_RangesAndLists_GivesEveryName(string pattern, string expected) =>
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), ShardPattern.ExpandBraces(pattern));

    [Fact]
    public void Expand_FolderGlobAndJoinedParts_GivesFiles()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "b.tar", "a.tar", "c.txt" })
            File.WriteAllText(folder.File(name), "");
        Assert.Equal([folder.File("a.tar"), folder.File("b.tar")], ShardPattern.Expand(folder.Path));
        Assert.Equal([folder.File("b.tar"), folder.File("a.tar")], ShardPattern.Expand($"{folder.File("b*.tar")}::{folder.File("a.tar")}"));
    }

    [Fact]
    public void Expand_NothingThere_SaysWhatToGive() =>
        Assert.Contains("names no shard", Assert.Throws<DatasetException>(() => ShardPattern.Expand("/nowhere/*.tar")).Message, StringComparison.Ordinal);

    [Fact]
    public void Expand_TooMany_Throws() => Assert.Throws<DatasetException>(() => ShardPattern.Expand("{0..999999999999}.tar"));
}
