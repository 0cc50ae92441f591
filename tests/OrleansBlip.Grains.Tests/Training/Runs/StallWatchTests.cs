using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Runs;

public sealed class StallWatchTests
{
    private static readonly ViewNumber View = new(1);

    [Fact]
    public void Look_AtAStepThatTakesTooLong_NamesWhatIsAwaited()
    {
        var watch = new StallWatch();
        Assert.Null(Look(watch, seconds: 0, step: 3, "slots 1"));
        Assert.Null(Look(watch, seconds: 30, step: 3, "slots 1"));
        Assert.Equal("For 31 s the run has awaited slots 1.", Look(watch, seconds: 31, step: 3, "slots 1"));
        Assert.Null(Look(watch, seconds: 32, step: 4, "slots 1"));
        // Steps of half a minute are what this run is used to.
        Assert.Null(Look(watch, seconds: 200, step: 4, "slots 1"));
        Assert.NotNull(Look(watch, seconds: 32 + 321, step: 4, "slots 1"));
    }

    [Fact]
    public void Look_AtRest_IsNull()
    {
        var watch = new StallWatch();
        foreach (int minute in Enumerable.Range(0, 10)) Assert.Null(Look(watch, 60 * minute, step: 3, awaited: null));
    }

    private static string? Look(StallWatch watch, int seconds, long step, string? awaited) => watch.Look(TimeSpan.FromSeconds(seconds), View, new StepNumber(step), () => awaited);
}
