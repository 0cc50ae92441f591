using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Tests.DataPlane;

/// <summary>Whoever says what it may not is refused, counted, and costs nothing.</summary>
public sealed class HostileBytesTests
{
    private const int Length = 1000;

    [Fact]
    public async Task Connection_WithoutATicket_IsRefused()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        var ticket = fixture.Ticket().Secret;
        foreach (var wrong in new[] { Guid.NewGuid(), Guid.Empty })
        {
            var (blocks, raw) = await fixture.ConnectAsync(wrong);
            await using (blocks) await PlaneFixture.AssertClosedAsync(raw);
        }
        var (first, _) = await fixture.ConnectAsync(ticket);
        await using (first)
        {
            await PushAsync(first, Header());
            Assert.Equal((int)PushOutcome.Accepted, (await first.ReadFrameAsync(100, PlaneFixture.Patience, CancellationToken.None))!.Value.Read<PushAnswerHeader>(FrameKind.PushAnswer).Outcome);
            var (replay, raw) = await fixture.ConnectAsync(ticket);
            await using (replay) await PlaneFixture.AssertClosedAsync(raw);
        }
        Assert.Equal(3, fixture.Refused("wrong ticket"));
    }

    [Fact]
    public async Task Connection_ThatSaysNothing_IsClosed()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length), new DataPlaneOptions { Silence = TimeSpan.FromMilliseconds(200) });
        var (blocks, raw) = await fixture.ConnectAsync();
        await using (blocks) await PlaneFixture.AssertClosedAsync(raw);
    }

    [Theory]
    [InlineData("")] // with a ticket, garbage after it
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task Garbage_IsRefused(string said)
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        var (blocks, raw) = await fixture.ConnectAsync(said.Length == 0 ? fixture.Ticket().Secret : null);
        await using (blocks)
        {
            byte[] bytes = new byte[10_000];
            new Random(3).NextBytes(bytes);
            await raw.WriteAsync(said.Length == 0 ? bytes : System.Text.Encoding.ASCII.GetBytes(said));
            await PlaneFixture.AssertClosedAsync(raw);
        }
        await PlaneFixture.UntilAsync(() => fixture.Refused("garbage") == 1);
    }

    [Fact]
    public async Task Frames_DamagedInAnyWay_AreReadOrRefusedWithoutAnotherError()
    {
        byte[] good = FrameFormat.Write(FrameKind.Push, Header())[FrameFormat.PrefixBytes..];
        var random = new Random(11);
        await Task.Run(() =>
        {
            for (int round = 0; round < 50_000; round++)
            {
                byte[] bytes = round % 2 == 0 ? new byte[random.Next(200)] : (byte[])good.Clone();
                if (round % 2 == 0) random.NextBytes(bytes);
                else for (int i = random.Next(1, 6); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                try
                {
                    _ = FrameFormat.Read<PushHeader>(bytes);
                }
                catch (FrameException)
                {
                    // What is damaged may still be a header; if not, this says so.
                }
            }
        });
    }

    [Fact]
    public async Task Headers_ThatAnnounceTooMuch_AreRefusedBeforeAnythingIsAllocated()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length, headerBytesMax: 1000, featureBytesMax: 100));
        foreach (var (header, reason) in new (PushHeader, string)[]
        {
            (Header() with { Length = int.MaxValue }, "long body"),
            (Header() with { Length = -1 }, "bad lengths"),
            (Header() with { Precision = 9 }, "bad lengths"),
            (Header() with { Features = [new FeatureHeader { Slot = 0, ImageLength = int.MaxValue, TextLength = int.MaxValue, IdCount = int.MaxValue }] }, "long body"),
            (Header() with { Features = [new FeatureHeader { Slot = 0, ImageLength = 9, TextLength = -1, IdCount = 0 }] }, "bad lengths"),
            (Header() with { Node = new string('x', 2000) }, "long header"),
        })
        {
            long before = fixture.Refused(reason), allocated = GC.GetTotalAllocatedBytes();
            var (blocks, raw) = await fixture.ConnectAsync(fixture.Ticket().Secret);
            await using (blocks)
            {
                await blocks.WriteFrameAsync(FrameKind.Push, header, CancellationToken.None);
                await PlaneFixture.AssertClosedAsync(raw);
            }
            await PlaneFixture.UntilAsync(() => fixture.Refused(reason) == before + 1);
            // Other tests run beside this one; none of them takes a gigabyte.
            Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 1L << 30);
        }
        Assert.Empty(fixture.Shard!.Outcomes);
    }

    [Theory]
    [InlineData(1)] // a second hello
    [InlineData(4)] // an answer
    [InlineData(99)]
    public async Task Frame_OfAnotherKind_IsRefused(byte kind)
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        var (blocks, raw) = await fixture.ConnectAsync(fixture.Ticket().Secret);
        await using (blocks)
        {
            await blocks.WriteFrameAsync((FrameKind)kind, Header(), CancellationToken.None);
            await PlaneFixture.AssertClosedAsync(raw);
        }
        await PlaneFixture.UntilAsync(() => fixture.Refused("unexpected frame") == 1);
    }

    [Fact]
    public async Task Body_ThatEndsTooEarly_IsForgotten()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        for (int i = 0; i < 10; i++)
        {
            var (blocks, raw) = await fixture.ConnectAsync(fixture.Ticket().Secret);
            await using (blocks)
            {
                await blocks.WriteFrameAsync(FrameKind.Push, Header(), CancellationToken.None);
                await raw.WriteAsync(new byte[Length]);
                raw.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
                await PlaneFixture.AssertClosedAsync(raw);
            }
        }
        // Places and buffers are free again: more than there are places have come and gone.
        await using var remote = fixture.Remote(Length);
        Assert.Equal(PushOutcome.Accepted, (await remote.PushAsync(PlaneFixture.Block(Length), CancellationToken.None)).Outcome);
        Assert.Equal([PushOutcome.Accepted], fixture.Shard!.Outcomes);
    }

    [Fact]
    public async Task Body_ThatGoesOnAfterItsEnd_IsRefused()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        var (blocks, raw) = await fixture.ConnectAsync(fixture.Ticket().Secret);
        await using (blocks)
        {
            await PushAsync(blocks, Header());
            await raw.WriteAsync(new byte[64]);
            await PlaneFixture.AssertClosedAsync(raw);
        }
        await PlaneFixture.UntilAsync(() => fixture.Refused("garbage") == 1);
        Assert.Equal([PushOutcome.Accepted], fixture.Shard!.Outcomes);
    }

    [Fact]
    public async Task Reader_ThatTakesNothing_CostsLittleMemoryAndIsClosed()
    {
        const int Many = 16 << 20;
        await using var fixture = PlaneFixture.Start(new PlaneShard(Many), new DataPlaneOptions { WritePatience = TimeSpan.FromMilliseconds(500) });
        float[] weights = new float[Many];
        fixture.Shard!.Gate.Open(new ViewNumber(1), new ParameterBlock { Version = new StepNumber(0), WeightStart = 0, Weights = new FloatBlock(weights), MomentumStart = 0, Momentum = new FloatBlock(weights) });
        var (blocks, raw) = await fixture.ConnectAsync(fixture.Ticket().Secret);
        await using (blocks)
        {
            raw.Socket.ReceiveBufferSize = 1 << 16;
            await blocks.WriteFrameAsync(FrameKind.Pull, new PullHeader { View = 1, Version = 0, HasQueueBefore = false }, CancellationToken.None);
            await PlaneFixture.UntilAsync(() => fixture.Count("orleansblip_block_bytes", "sent") > 0);
            // Four times the patience.
            using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            for (int i = 0; i < 10; i++) await look.WaitForNextTickAsync();
            // What was taken from the 128 MiB for this reader stands in the kernel's buffers.
            Assert.InRange(fixture.Count("orleansblip_block_bytes", "sent"), 1, 16 << 20);
            await PlaneFixture.AssertClosedAsync(raw);
        }
    }

    private static PushHeader Header()
    {
        var block = PlaneFixture.Block(Length);
        return new PushHeader
        {
            View = 1,
            Step = 0,
            Level = 0,
            Index = 3,
            Node = "node-2",
            Device = 1,
            Incarnation = Guid.Empty,
            Checksum = block.Checksum,
            Precision = (byte)GradientPrecision.Float32,
            Length = Length,
            Reports = [],
            Features = [],
        };
    }

    private static async Task PushAsync(BlockStream blocks, PushHeader header)
    {
        await blocks.WriteFrameAsync(FrameKind.Push, header, CancellationToken.None);
        await blocks.WriteSumAsync(PlaneFixture.Block(Length).Sum.Values, GradientPrecision.Float32, CancellationToken.None);
        await blocks.WriteChecksumAsync(CancellationToken.None);
    }
}
