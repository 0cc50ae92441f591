using OrleansBlip.Cli.Jobs.Arms;

namespace OrleansBlip.Cli.Tests.Jobs;

public sealed class SeedMeasurementTests
{
    [Fact]
    public void RunOf_AnyArmAndPart_IsNoRunOfTheJobItself()
    {
        var runs = Arm.All.SelectMany(arm => new[] { "pretraining", "captioner", "filter" }.Select(part => SeedMeasurement.RunOf(101, arm.Name, part).Value)).ToArray();

        Assert.Equal(runs.Length, runs.Distinct().Count());
        // The job names its own after their round: demo-101-round2-filter.
        Assert.DoesNotContain(runs, run => run.StartsWith(SeedMeasurement.JobOf(101) + "-round", StringComparison.Ordinal));
    }
}
