using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Leases;

public sealed class LeaseBookTests
{
    private static readonly TrainerId Steady = Names.Trainer("a"), Other = Names.Trainer("b");

    private readonly LeaseBook _book = new(new ReductionTree(2));

    public LeaseBookTests()
    {
        _book.Admit(Steady, new Incarnation(Guid.Empty));
        _book.Admit(Other, new Incarnation(Guid.Empty));
    }

    [Fact]
    public void Deal_ToATrainerThatOnceWasSlow_TriesItAgainSoon()
    {
        Assert.True(Step(otherSeconds: 4));
        int idle = 0;
        while (!Step(otherSeconds: 1)) Assert.InRange(++idle, 1, 50);
        for (var step = 0; step < 60; step++) Assert.True(Step(otherSeconds: 1));
    }

    [Fact]
    public void Deal_ToATrainerThatIsSlow_TriesItNowAndThen()
    {
        var tries = Enumerable.Range(0, 200).Count(_ => Step(otherSeconds: 3));
        Assert.InRange(tries, 4, 10);
    }

    [Fact]
    public void Undone_OfAStepUnderWay_NamesSlotsAndWhoHoldsThem()
    {
        Assert.Equal(["slot 0 of nobody", "slot 1 of nobody"], _book.Undone);
        _book.Deal(TimeSpan.Zero);
        Assert.Equal(["slots 0 of a/0", "slots 1 of b/0"], _book.Undone);
        _book.Settle(Done(Steady, new SlotRange(0, 1), seconds: 1), isCurrent: true);
        Assert.Equal(["slots 1 of b/0"], _book.Undone);
        // Asked of two: both are named, for either may bring it.
        Assert.Single(_book.FindLate(TimeSpan.FromSeconds(60), factor: 2, TimeSpan.Zero));
        _book.Deal(TimeSpan.FromSeconds(60));
        Assert.Equal(["slots 1 of b/0", "slots 1 of a/0"], _book.Undone);
        _book.Remove(Steady);
        _book.Remove(Other);
        Assert.Equal(["slot 1 of nobody"], _book.Undone);
    }

    /// <summary>Computes a step; whether the other trainer had a part in it.</summary>
    private bool Step(double otherSeconds)
    {
        _book.Reset();
        var dealt = _book.Deal(TimeSpan.Zero);
        Assert.Equal(2, dealt.Sum(lease => lease.Slots.Count));
        foreach (var (trainer, slots) in dealt)
            _book.Settle(Done(trainer, slots, trainer == Other ? otherSeconds : 1), isCurrent: true);
        return dealt.Any(lease => lease.Trainer == Other);
    }

    private static LeaseReport Done(TrainerId trainer, SlotRange slots, double seconds) => new()
    {
        View = new ViewNumber(0),
        Step = new StepNumber(0),
        Slots = slots,
        Trainer = trainer,
        Incarnation = new Incarnation(Guid.Empty),
        Outcome = LeaseOutcome.Done,
        Compute = slots.Count * TimeSpan.FromSeconds(seconds),
    };
}
