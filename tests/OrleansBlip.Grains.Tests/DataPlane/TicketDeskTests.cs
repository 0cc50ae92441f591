using Microsoft.Extensions.Time.Testing;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.DataPlane;

public sealed class TicketDeskTests
{
    private static readonly TicketDesk.Admission Admission = new(new RunId("run"), new ShardIndex(1), 100, 1000);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Ticket_IsGoodOnce()
    {
        var desk = new TicketDesk(_time);
        var ticket = desk.Issue(Admission);
        Assert.Null(desk.Redeem(Guid.NewGuid()));
        Assert.Equal(Admission, desk.Redeem(ticket));
        Assert.Null(desk.Redeem(ticket));
    }

    [Fact]
    public void Ticket_OfLongAgo_IsNoGood()
    {
        var desk = new TicketDesk(_time);
        var (old, late) = (desk.Issue(Admission), Guid.Empty);
        _time.Advance(TicketDesk.Life);
        late = desk.Issue(Admission);
        Assert.NotNull(desk.Redeem(old)); // at its very end
        old = desk.Issue(Admission);
        _time.Advance(TicketDesk.Life + TimeSpan.FromSeconds(1));
        Assert.Null(desk.Redeem(old));
        Assert.Null(desk.Redeem(late));
    }

    [Fact]
    public void Tickets_ThatNobodyUses_DoNotPileUp()
    {
        var desk = new TicketDesk(_time);
        var first = desk.Issue(Admission);
        for (int i = 0; i < 1024; i++) desk.Issue(Admission);
        Assert.Null(desk.Redeem(first));
    }
}
