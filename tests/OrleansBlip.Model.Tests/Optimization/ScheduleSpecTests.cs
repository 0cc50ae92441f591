using OrleansBlip.Model.Optimization;

namespace OrleansBlip.Model.Tests.Optimization;

public sealed class ScheduleSpecTests
{
    [Fact]
    public void WarmupCosine_OverRun_RisesThenFallsToFloor()
    {
        var spec = new ScheduleSpec { Kind = ScheduleKind.WarmupCosine, Peak = 8e-4, Floor = 1e-5, WarmupFraction = 0.1 };
        var length = new RunLength(1000, 77);
        var values = Enumerable.Range(0, 1001).Select(step => spec.At(step, length)).ToArray();
        Assert.Equal(8e-6, values[0], 1e-15);
        Assert.Equal(8e-4, values[99], 1e-15);
        Assert.Equal(8e-4, values[100], 1e-15);
        Assert.Equal((8e-4 + 1e-5) / 2, values[550], 1e-15);
        Assert.Equal(1e-5, values[1000], 1e-15);
        Assert.All(Enumerable.Range(1, 99), step => Assert.True(values[step] > values[step - 1]));
        Assert.All(Enumerable.Range(101, 900), step => Assert.True(values[step] < values[step - 1]));
    }

    [Fact]
    public void WarmupCosine_WithoutWarmupOrWithNothingElse_StaysFinite()
    {
        Assert.Equal(1, new ScheduleSpec { Kind = ScheduleKind.WarmupCosine, Peak = 1 }.At(0, new RunLength(10, 10)));
        Assert.Equal(1, new ScheduleSpec { Kind = ScheduleKind.WarmupCosine, Peak = 1, WarmupFraction = 1 }.At(9, new RunLength(10, 10)));
    }

    [Fact]
    public void StepAt_ClippingAndSlots_ScaleGradient()
    {
        var settings = new OptimizerSettings { ClipNorm = 1, Momentum = new ScheduleSpec { Kind = ScheduleKind.Ramp, Peak = 1, WarmupSteps = 10 } };
        var length = new RunLength(10, 10);
        Assert.Equal(0.25, settings.StepAt(0, length, slotCount: 4, squaredNorm: 0.5).GradientScale);
        Assert.Equal(0.125, settings.StepAt(0, length, slotCount: 4, squaredNorm: 4).GradientScale, 1e-6);
        Assert.Equal(0.1, settings.StepAt(0, length, slotCount: 4, squaredNorm: 4).Momentum, 1e-15);
        Assert.Equal(0.25, new OptimizerSettings().StepAt(0, length, slotCount: 4, squaredNorm: 4).GradientScale);
    }
}
