using Microsoft.Extensions.Time.Testing;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;
using OrleansBlip.Tests.Certificates;

namespace OrleansBlip.Grains.Tests.DataPlane;

/// <summary>Blocks over real sockets: what is sent is what comes.</summary>
public sealed class BlockTransferTests
{
    private const int Length = 200_003;

    [Theory]
    [InlineData(GradientPrecision.Float32, 0)]
    [InlineData(GradientPrecision.Float32, 1000)]
    [InlineData(GradientPrecision.BFloat16, 0)]
    [InlineData(GradientPrecision.BFloat16, 1000)]
    public async Task Push_OfAnyPrecision_ComesBitByBit(GradientPrecision precision, int features)
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var remote = fixture.Remote(Length);
        var block = PlaneFixture.Block(Length, precision: precision, features: features);
        Assert.Equal(new PushAnswer(PushOutcome.Accepted, new ViewNumber(1), new StepNumber(0)), await remote.PushAsync(block, CancellationToken.None));
        var (came, sum) = Assert.Single(fixture.Shard!.Accepted);
        Assert.Equal(block.Sum.Span.ToArray(), sum);
        Assert.Equal((block.Node, block.Trainer, block.Incarnation, block.Checksum, precision), (came.Node, came.Trainer, came.Incarnation, came.Checksum, came.Sum.Precision));
        var (report, expected) = (Assert.Single(came.Reports), block.Reports[0]);
        Assert.Equal((expected.Slot, expected.Finite), (report.Slot, report.Finite));
        Assert.Equal(expected.Losses.AsSpan(), report.Losses.AsSpan());
        Assert.Equal(expected.SampleIds.AsSpan(), report.SampleIds.AsSpan());
        Assert.Equal(block.Features.Select(slot => slot.Image.Span.ToArray()), came.Features.Select(slot => slot.Image.Span.ToArray()));
        Assert.Equal(block.Features.Select(slot => slot.Text.Span.ToArray()), came.Features.Select(slot => slot.Text.Span.ToArray()));
        Assert.Equal(block.Features.Select(slot => slot.Ids.ToArray()), came.Features.Select(slot => slot.Ids.ToArray()));

        // Two bytes an element in bfloat16, four else, and little beside them.
        long numbers = Length * (precision == GradientPrecision.BFloat16 ? 2L : 4) + (features > 0 ? 8 * features + 16 : 0);
        Assert.InRange(fixture.Count("orleansblip_block_bytes", "sent"), numbers, numbers + 600);
    }

    [Fact]
    public async Task Pushes_OfAllOutcomes_AreAnsweredAsByTheShard()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var remote = fixture.Remote(Length);
        var block = PlaneFixture.Block(Length);
        foreach (var (pushed, expected) in new (GradientBlock, PushOutcome)[]
        {
            (block, PushOutcome.Accepted),
            (block, PushOutcome.Accepted),
            (block with { Trainer = block.Trainer with { Device = 2 } }, PushOutcome.Duplicate),
            (block with { Step = new StepNumber(4) }, PushOutcome.Stale),
            (block with { View = new ViewNumber(2) }, PushOutcome.Fenced),
            (block with { Checksum = 1, Node = new TreeNode(0, 4) }, PushOutcome.BadChecksum),
            (block with { Node = new TreeNode(9, 9) }, PushOutcome.BadShape),
            (block with { Sum = new FloatBlock(new float[Length - 1]) }, PushOutcome.BadShape),
            (block with { Sum = new FloatBlock(new float[4 * Length]) }, PushOutcome.BadShape),
            (block, PushOutcome.Accepted),
        }) Assert.Equal(expected, (await remote.PushAsync(pushed, CancellationToken.None)).Outcome);
        Assert.Single(fixture.Shard!.Accepted);

        fixture.Shard = null;
        Assert.Equal(PushOutcome.Fenced, (await remote.PushAsync(block, CancellationToken.None)).Outcome);
        Assert.Equal(PullOutcome.Fenced, (await remote.PullAsync(new PullRequest { View = block.View, Version = block.Step }, null, CancellationToken.None)).Outcome);
    }

    [Theory]
    [InlineData(GradientPrecision.Float32)]
    [InlineData(GradientPrecision.BFloat16)]
    public async Task Sum_ForABackup_ComesBitByBit(GradientPrecision precision)
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var remote = fixture.Remote(Length);
        var block = PlaneFixture.Block(Length, precision: precision, features: 1000);
        var sum = new SumBlock { View = block.View, Step = block.Step, Checksum = block.Checksum, Sum = block.Sum, Reports = block.Reports, Features = block.Features };
        Assert.Equal(MirrorOutcome.Held, await remote.MirrorAsync(sum, CancellationToken.None));
        var (came, numbers) = Assert.Single(fixture.Shard!.Mirrored);
        Assert.Equal(block.Sum.Span.ToArray(), numbers);
        Assert.Equal((sum.View, sum.Step, sum.Checksum, precision), (came.View, came.Step, came.Checksum, came.Sum.Precision));
        Assert.Equal(block.Reports[0].SampleIds.AsSpan(), Assert.Single(came.Reports).SampleIds.AsSpan());
        Assert.Equal(block.Features[0].Text.Span.ToArray(), Assert.Single(came.Features).Text.Span.ToArray());
        Assert.Equal(MirrorOutcome.BadChecksum, await remote.MirrorAsync(sum with { Checksum = 1 }, CancellationToken.None));
        fixture.Shard = null;
        Assert.Equal(MirrorOutcome.Behind, await remote.MirrorAsync(sum, CancellationToken.None));
    }

    [Fact]
    public async Task Pushes_OfManyAtOnce_ShareAFewConnections()
    {
        var ready = new TaskCompletionSource();
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length) { Ready = ready.Task });
        await using var line = new FlakyLine(fixture.Endpoint);
        int port = line.Open();
        await using var remote = fixture.Remote(Length, ticket => ticket with { Port = port });
        var pushes = Task.WhenAll(Enumerable.Range(0, 40).Select(slot => remote.PushAsync(PlaneFixture.Block(Length, new TreeNode(0, slot)), CancellationToken.None)));
        // None is answered yet: each connection has a block of its own.
        int streams = fixture.Options.StreamsPerShardMax;
        Assert.True(streams > 1);
        await PlaneFixture.UntilAsync(() => line.Connections == streams);
        ready.SetResult();
        Assert.All(await pushes, answer => Assert.Equal(PushOutcome.Accepted, answer.Outcome));
        Assert.Equal(streams, line.Connections);
    }

    [Fact]
    public async Task Push_ThatTheShardTakesLongFor_IsWaitedFor()
    {
        var ready = new TaskCompletionSource();
        var options = new DataPlaneOptions { Silence = TimeSpan.FromSeconds(1), Heartbeat = TimeSpan.FromMilliseconds(50) };
        var time = new HeartbeatTime(options.Heartbeat);
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length) { Ready = ready.Task }, options, time: time);
        await using var remote = fixture.Remote(Length);
        var push = remote.PushAsync(PlaneFixture.Block(Length), CancellationToken.None);
        // Heartbeats for twice as long as the silence that would end it, and no time passes but between them.
        for (int beat = 1; beat <= 40; beat++)
        {
            await PlaneFixture.UntilAsync(() => time.Awaited == beat);
            long received = fixture.Count("orleansblip_block_bytes", "received");
            time.Advance(options.Heartbeat);
            await PlaneFixture.UntilAsync(() => fixture.Count("orleansblip_block_bytes", "received") > received);
        }
        Assert.False(push.IsCompleted);
        ready.SetResult();
        Assert.Equal(PushOutcome.Accepted, (await push).Outcome);
    }

    [Fact]
    public async Task Pull_OfAVersion_WaitsForItAndComesBitByBit()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var remote = fixture.Remote(Length, queueCapacity: 10, queueWidth: 2);
        var shard = fixture.Shard!;
        shard.Gate.Open(new ViewNumber(1), Version(0, QueueOf(0, 10)));
        AssertEqual(Version(0, QueueOf(0, 10)), await remote.PullAsync(Request(0), null, CancellationToken.None));

        var next = remote.PullAsync(Request(1), null, CancellationToken.None);
        await PlaneFixture.UntilAsync(() => fixture.Count("orleansblip_block_bytes", "sent") > 0);
        Assert.False(next.IsCompleted);
        shard.Gate.Open(new ViewNumber(1), Version(1, QueueOf(1, 10)));
        AssertEqual(Version(1, QueueOf(1, 10)), await next);
        Assert.Equal(PullOutcome.Stale, (await remote.PullAsync(Request(0), null, CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task Pull_TellsOfWhatHasCome_BeforeTheRest()
    {
        const int Large = 1 << 20;
        await using var fixture = PlaneFixture.Start(new PlaneShard(Large));
        await using var remote = fixture.Remote(Large, queueCapacity: 10, queueWidth: 2);
        var version = Version(0, QueueOf(0, 10), Large);
        fixture.Shard!.Gate.Open(new ViewNumber(1), version);
        var told = new Told();
        AssertEqual(version, await remote.PullAsync(Request(0), told, CancellationToken.None));

        Assert.Equal(version.Queue!.Ids.ToArray(), told.QueueAtBegin);
        Assert.True(told.Come.Count > 4);
        Assert.Equal(told.Come.Order(), told.Come);
        Assert.Equal((version.Weights.Length, version.Momentum.Length), told.Come[^1]);
        Assert.Equal(-1, told.FirstWrong(version));
    }

    private sealed class Told : IPullListener
    {
        private readonly List<float> _lastCome = [];
        private ParameterBlock? _block;

        public List<(int Weights, int Momentum)> Come { get; } = [];

        public long[] QueueAtBegin { get; private set; } = [];

        public void Begins(ParameterBlock block)
        {
            _block = block;
            QueueAtBegin = block.Queue!.Ids.ToArray();
        }

        // The last number that has come is read at once.
        public void Came(int weights, int momentum)
        {
            Come.Add((weights, momentum));
            if (weights > 0) _lastCome.Add(momentum > 0 ? _block!.Momentum.Span[momentum - 1] : _block!.Weights.Span[weights - 1]);
        }

        /// <summary>The first report whose last number had not come; -1 for none.</summary>
        public int FirstWrong(ParameterBlock whole) =>
            Come.Where(come => come.Weights > 0).Select((come, i) => (come, i)).Where(pair => _lastCome[pair.i] != (pair.come.Momentum > 0 ? whole.Momentum.Span[pair.come.Momentum - 1] : whole.Weights.Span[pair.come.Weights - 1]))
                .Select(pair => pair.i).DefaultIfEmpty(-1).First();
    }

    [Fact]
    public async Task Pulls_OfVersionAfterVersion_BringOnlyTheFreshEntriesOfTheQueue()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(length: 10));
        await using var remote = fixture.Remote(10, queueCapacity: 1000, queueWidth: 2);
        long before = 0;
        List<long> bytes = [];
        float[] images = new float[2000], texts = new float[2000];
        long[] ids = new long[1000];
        for (int version = 0; version < 7; version++)
        {
            // 300 entries a step go around the ring, as the shard's queue does it.
            for (int row = 0; row < 300 * version; row++)
            {
                if (row < 300 * (version - 1)) continue;
                int place = row % 1000;
                (images[2 * place], images[2 * place + 1], texts[2 * place], ids[place]) = (row, row + 0.5f, -row, row);
            }
            int count = Math.Min(1000, 300 * version);
            var queue = new QueueBlock
            {
                Image = new FloatBlock(images[..(2 * count)]), Text = new FloatBlock(texts[..(2 * count)]), Ids = ids[..count], FreshStart = 300 * Math.Max(0, version - 1) % 1000, FreshCount = version == 0 ? 0 : 300,
            };
            fixture.Shard!.Gate.Open(new ViewNumber(1), Version(version, queue, length: 10));
            if (version == 4) continue; // the puller misses one
            AssertEqual(Version(version, queue, length: 10), await remote.PullAsync(Request(version), null, CancellationToken.None));
            long sent = fixture.Count("orleansblip_block_bytes", "sent");
            bytes.Add(sent - before);
            before = sent;
        }
        // Versions 1, 2, 3 and 6 bring 300 entries of 24 bytes each; version 5 all of them.
        Assert.All([bytes[1], bytes[2], bytes[3], bytes[5]], count => Assert.InRange(count, 7200, 7600));
        Assert.InRange(bytes[4], 24_000, 24_400);
    }

    [Fact]
    public async Task Blocks_BetweenCertifiedNodes_TravelInTls_AndOthersAreRefused()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        var silo = ClusterCredentials.Load(authority.Folder(CertificateRole.Silo, "node-1"));
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length), credentials: silo);
        await using var remote = fixture.Remote(Length, credentials: ClusterCredentials.Load(authority.Folder(CertificateRole.Silo, "node-2")));
        var block = PlaneFixture.Block(Length);
        Assert.Equal(PushOutcome.Accepted, (await remote.PushAsync(block, CancellationToken.None)).Outcome);
        Assert.Equal(block.Sum.Span.ToArray(), Assert.Single(fixture.Shard!.Accepted).Sum);
        fixture.Shard.Gate.Open(new ViewNumber(1), Version(0, null));
        AssertEqual(Version(0, null), await remote.PullAsync(Request(0), null, CancellationToken.None));

        foreach (var wrong in new[] { null, ClusterCredentials.Load(authority.Folder(CertificateRole.Client, "me")), ClusterCredentials.Load(stranger.Folder(CertificateRole.Silo, "node-3")) })
        {
            await using var other = fixture.Remote(Length, credentials: wrong);
            await Assert.ThrowsAnyAsync<IOException>(() => other.PushAsync(block with { Node = new TreeNode(0, 9) }, CancellationToken.None));
        }
        Assert.Single(fixture.Shard.Accepted);
    }

    private static PullRequest Request(long version) => new() { View = new ViewNumber(1), Version = new StepNumber(version) };

    private static QueueBlock QueueOf(int version, int count) => new()
    {
        Image = new FloatBlock(Enumerable.Range(0, 2 * count).Select(i => i + 0.25f * version).ToArray()),
        Text = new FloatBlock(Enumerable.Range(0, 2 * count).Select(i => -i - 0.25f * version).ToArray()),
        Ids = Enumerable.Range(0, count).Select(i => 100L * version + i).ToArray(),
    };

    private static ParameterBlock Version(long version, QueueBlock? queue, int length = Length) => new()
    {
        Version = new StepNumber(version),
        WeightStart = 0,
        Weights = new FloatBlock(Enumerable.Range(0, length).Select(i => MathF.Cos(i + version)).ToArray()),
        MomentumStart = 7,
        Momentum = new FloatBlock(Enumerable.Range(0, length - 3).Select(i => MathF.Sin(i - version)).ToArray()),
        Queue = queue,
    };

    private static void AssertEqual(ParameterBlock expected, PullAnswer answer)
    {
        Assert.Equal(PullOutcome.Found, answer.Outcome);
        var block = answer.Block!;
        Assert.Equal((expected.Version, expected.WeightStart, expected.MomentumStart), (block.Version, block.WeightStart, block.MomentumStart));
        Assert.Equal(expected.Weights.Span.ToArray(), block.Weights.Span.ToArray());
        Assert.Equal(expected.Momentum.Span.ToArray(), block.Momentum.Span.ToArray());
        Assert.Equal(expected.Queue?.Image.Span.ToArray(), block.Queue?.Image.Span.ToArray());
        Assert.Equal(expected.Queue?.Text.Span.ToArray(), block.Queue?.Text.Span.ToArray());
        Assert.Equal(expected.Queue?.Ids.ToArray(), block.Queue?.Ids.ToArray());
    }

    /// <summary>Time that stands still unless told, and counts how often a heartbeat's pause was begun.</summary>
    private sealed class HeartbeatTime(TimeSpan heartbeat) : FakeTimeProvider
    {
        private int _awaited;

        public int Awaited => Volatile.Read(ref _awaited);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == heartbeat) Interlocked.Increment(ref _awaited);
            return timer;
        }
    }
}
