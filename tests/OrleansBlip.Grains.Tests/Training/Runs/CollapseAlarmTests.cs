using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Runs;

public sealed class CollapseAlarmTests
{
    [Fact]
    public void PriorEntropy_IsThatOfOneMatchedPairToTwoMismatchedOnes() =>
        Assert.Equal(CollapseAlarm.PriorEntropy, -Math.Log(1 / 3.0) / 3 - 2 * Math.Log(2 / 3.0) / 3, precision: 15);

    [Theory]
    [InlineData(0.6365, true)]
    [InlineData(0.60, false)]
    [InlineData(0.67, false)]
    public void Text_AfterAWindow_TellsWhetherTheLossSitsAtThePriorsEntropy(double loss, bool isCollapsed)
    {
        var alarm = new CollapseAlarm();
        // What stood in the window before is forgotten.
        foreach (int _ in Enumerable.Range(0, 200)) alarm.Note([new SlotLoss("itm", 5)]);
        foreach (int step in Enumerable.Range(1, CollapseAlarm.WindowSteps))
        {
            Assert.Null(alarm.Text);
            alarm.Note([new SlotLoss("itc", 0.6365), new SlotLoss("itm", loss + (step % 2 == 0 ? 0.01 : -0.01))]);
        }
        Assert.Equal(isCollapsed, alarm.Text is not null);
    }

    [Fact]
    public void Text_WhileItLasts_StaysTheSame()
    {
        var alarm = new CollapseAlarm();
        foreach (int _ in Enumerable.Range(0, CollapseAlarm.WindowSteps)) alarm.Note([new SlotLoss("itm", 0.6365)]);
        var first = alarm.Text;
        foreach (int _ in Enumerable.Range(0, CollapseAlarm.WindowSteps)) alarm.Note([new SlotLoss("itm", 0.6345)]);
        Assert.NotNull(first);
        Assert.Equal(first, alarm.Text);
    }

    [Fact]
    public void Text_OfARunWithoutMatching_IsNull()
    {
        var alarm = new CollapseAlarm();
        foreach (int _ in Enumerable.Range(0, 2 * CollapseAlarm.WindowSteps)) alarm.Note([new SlotLoss("lm", 0.6365)]);
        Assert.Null(alarm.Text);
    }
}
