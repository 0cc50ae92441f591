using OrleansBlip.Grains.Faults;

namespace OrleansBlip.Grains.Tests.Faults;

public sealed class FailpointsTests
{
    [Fact]
    public void Pass_ArmedForAPassage_HappensThenAndOnce()
    {
        var plan = FailpointPlan.TryParse("SealBefore=kill@3, PushAfter=pause:1.5@1,SealBefore=throw@4", out _)!;
        Assert.Equal([null, null, new FailpointFault.Kill(), new FailpointFault.Throw(), null], Enumerable.Range(0, 5).Select(_ => plan.Pass(Failpoint.SealBefore)));
        Assert.Equal(new FailpointFault.Pause(TimeSpan.FromSeconds(1.5)), plan.Pass(Failpoint.PushAfter));
        Assert.Null(plan.Pass(Failpoint.PushBefore));
    }

    [Fact]
    public void Pass_ArmedForASubject_CountsOnlyThat()
    {
        var plan = FailpointPlan.TryParse("SampleTaken/93=kill@2", out _)!;
        Assert.Null(plan.Pass(Failpoint.SampleTaken, "93"));
        Assert.Null(plan.Pass(Failpoint.SampleTaken, "94"));
        Assert.Equal(new FailpointFault.Kill(), plan.Pass(Failpoint.SampleTaken, "93"));
    }

    [Theory]
    [InlineData("SealBefore")]
    [InlineData("SealBefore=kill")]
    [InlineData("SealBefore=kill@0")]
    [InlineData("SealBefore=explode@1")]
    [InlineData("Nowhere=kill@1")]
    [InlineData("99=kill@1")]
    [InlineData("SealBefore=pause:-1@1")]
    [InlineData("SealBefore=pause@1")]
    public void CheckEnvironment_OfWhatIsNoPlan_NamesIt(string text)
    {
        var refusal = Assert.Throws<ArgumentException>(() => Failpoints.CheckEnvironment(text, isTest: true));
        Assert.Contains($"'{text}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckEnvironment_ArmedOutsideATest_IsRefused()
    {
        Failpoints.CheckEnvironment(points: null, isTest: false);
        Failpoints.CheckEnvironment("SealBefore=kill@1", isTest: true);
        Assert.Contains("ORLEANSBLIP_TEST=1", Assert.Throws<ArgumentException>(() => Failpoints.CheckEnvironment("SealBefore=kill@1", isTest: false)).Message, StringComparison.Ordinal);
    }
}
