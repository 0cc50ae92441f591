using OrleansBlip.Data.Versions;

namespace OrleansBlip.Data.Tests.Versions;

public class CaptionTableTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Read_SeveralGroupsOfRows_GivesAllInTheirOrder(int count)
    {
        using var folder = new TemporaryFolder();
        var expected = Enumerable.Range(0, count).Select(i => new CaptionRecord { Caption = $"caption {i}", Seed = i % 2 == 0 ? i : null, ItmProb = i }).ToArray();
        using (var table = new CaptionTable(folder.File("captions.parquet"), groupRows: 2))
        {
            foreach (var record in expected)
                await table.AddAsync(record, CancellationToken.None);
            await table.CompleteAsync(CancellationToken.None);
        }
        Assert.Equal(expected, await CaptionTable.ReadAsync(folder.File("captions.parquet"), CancellationToken.None));
    }
}
