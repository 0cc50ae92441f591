using System.Collections.Immutable;
using System.Net;
using OrleansBlip.Silo.Membership;
using OrleansBlip.Silo.Tests.Training;

namespace OrleansBlip.Silo.Tests.Membership;

/// <summary>Orleans says that a silo is declared dead before it is: whoever goes on to write the membership waits for that.</summary>
public sealed class BurialTests
{
    private static readonly SiloAddress Gone = SiloAddress.New(IPAddress.Loopback, 1, 2);

    private readonly Membership _membership = new();
    private readonly LeapingClock _clock = new();

    [Fact]
    public async Task Burial_EndsWhenTheMembershipSaysThatAllAreDead()
    {
        var burial = Burial.OfAsync([Gone], _membership, _clock, CancellationToken.None);
        Assert.Equal(Gone, Assert.Single(_membership.Asked));
        Assert.False(burial.IsCompleted);
        _membership.CurrentSnapshot = Membership.With(SiloStatus.Dead);
        Assert.True(await burial);
    }

    [Fact]
    public async Task Burial_ThatTheMembershipDoesNotTakeIn_IsNotWaitedForForEver()
    {
        var burial = Burial.OfAsync([Gone], _membership, _clock, CancellationToken.None);
        _clock.Leap(TimeSpan.FromSeconds(6));
        Assert.False(await burial);
    }

    private sealed class Membership : IClusterMembershipService
    {
        public List<SiloAddress> Asked { get; } = [];

        public ClusterMembershipSnapshot CurrentSnapshot { get; set; } = With(SiloStatus.Active);

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public static ClusterMembershipSnapshot With(SiloStatus status) =>
            new(ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(Gone, new ClusterMember(Gone, status, "gone")), new MembershipVersion(1));

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress)
        {
            Asked.Add(siloAddress);
            return Task.FromResult(true);
        }
    }
}
