using OrleansBlip.Data.Sources;

namespace OrleansBlip.Data.Tests.Sources;

public sealed class DenseAnnotationsTests
{
    [Fact]
    public void Read_BothSplits_GivesRelevancesByPictureAndRound()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("dense.json"), """[{"image_id": 7, "round_id": 1, "gt_relevance": [0.5, 1]}, {"image_id": 7, "round_id": 10, "relevance": [0, 0.25]}]""");
        var dense = DenseAnnotations.Read(folder.File("dense.json"));
        Assert.Equal(2, dense.Count);
        Assert.Equal([0.5, 1], dense[(7, 0)]);
        Assert.Equal([0, 0.25], dense[(7, 9)]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[{\"image_id\": 7}]")]
    [InlineData("[{\"image_id\": 7, \"round_id\": 1, \"gt_relevance\": [\"a\"]}]")]
    [InlineData("[{\"image_id\": 7, \"round_id\": 1, \"gt_relevance\": []}, {\"image_id\": 7, \"round_id\": 1, \"gt_relevance\": []}]")]
    [InlineData("no JSON")]
    public void Read_AnythingElse_IsRefused(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("dense.json"), json);
        Assert.Contains("no dense annotations", Assert.Throws<DatasetException>(() => DenseAnnotations.Read(folder.File("dense.json"))).Message, StringComparison.Ordinal);
    }
}
