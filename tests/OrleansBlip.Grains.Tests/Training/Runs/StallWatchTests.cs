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

    [Fact]
    public void Look_AtAStepThatHangsOn_AsksShardsAnewAfterTwiceAsLongEachTime()
    {
        var watch = new StallWatch();
        int[] asked = [.. Enumerable.Range(0, 3000).Where(second => watch.Look(TimeSpan.FromSeconds(second), View, new StepNumber(3), () => "slots 1") is { IsToAskAnew: true })];
        Assert.Equal([121, 241, 481, 961, 1921], asked);
    }

    [Fact]
    public void Look_AfterANewView_IsAsPatientAsItHasBecome()
    {
        var watch = new StallWatch();
        foreach (int second in new[] { 0, 121 }) watch.Look(TimeSpan.FromSeconds(second), View, new StepNumber(3), () => "slots 1");
        Stall? LookAfter(int seconds, StepNumber step) => watch.Look(TimeSpan.FromSeconds(122 + seconds), View.Next, step, () => "slots 1");
        Assert.Null(LookAfter(0, new StepNumber(3)));
        Assert.False(LookAfter(239, new StepNumber(3))!.IsToAskAnew);
        Assert.True(LookAfter(241, new StepNumber(3))!.IsToAskAnew);
        // The next step hangs for reasons of its own, and this run is used to steps of 241 s by now.
        Assert.Null(LookAfter(241, new StepNumber(4)));
        Assert.True(LookAfter(241 + (10 * 4 * 241) + 1, new StepNumber(4))!.IsToAskAnew);
    }

    private static string? Look(StallWatch watch, int seconds, long step, string? awaited) => watch.Look(TimeSpan.FromSeconds(seconds), View, new StepNumber(step), () => awaited)?.Text;
}
