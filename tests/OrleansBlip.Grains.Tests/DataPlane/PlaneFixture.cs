using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Tests.DataPlane;

/// <summary>A data plane on a real port, with one shard behind it.</summary>
internal sealed class PlaneFixture : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly RunId Run = new("run");
    private readonly ConcurrentDictionary<string, long> _counts = new();
    private readonly MeterListener _listener = new();
    private readonly TrainingInstruments _instruments = new();
    private readonly DataPlaneServer _server;
    private readonly TimeProvider _time;

    private PlaneFixture(PlaneShard shard, DataPlaneOptions options, ClusterCredentials? credentials, TimeProvider time)
    {
        Shard = shard;
        Options = options;
        _time = time;
        _server = new DataPlaneServer((run, index) => run == Run && index == ShardIndex.Lead ? Shard : null, options, credentials, _instruments, time, NullLoggerFactory.Instance);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _instruments.Meter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _counts.AddOrUpdate($"{instrument.Name} {tags[0].Value}", value, (_, sum) => sum + value));
        _listener.Start();
    }

    /// <summary>The shard; another may take its place.</summary>
    public PlaneShard? Shard { get; set; }

    public DataPlaneOptions Options { get; }

    public IPEndPoint Endpoint => _server.Endpoint!;

    public static PlaneFixture Start(PlaneShard shard, DataPlaneOptions? options = null, ClusterCredentials? credentials = null, TimeProvider? time = null)
    {
        var fixture = new PlaneFixture(
            shard, options ?? new DataPlaneOptions { Silence = TimeSpan.FromSeconds(5), Heartbeat = TimeSpan.FromMilliseconds(100) }, credentials, time ?? TimeProvider.System);
        fixture._server.Start(IPAddress.Loopback, IPAddress.Loopback);
        return fixture;
    }

    public StreamTicket Ticket() => _server.Admit(Run, ShardIndex.Lead)!;

    /// <summary>The caller's end, through whatever <paramref name="via"/> makes of tickets.</summary>
    public RemoteShard Remote(int length, Func<StreamTicket, StreamTicket>? via = null, ClusterCredentials? credentials = null, int queueCapacity = 0, int queueWidth = 1) => new(
        view => Task.FromResult(Shard is null || view != new ViewNumber(1) ? null : (via ?? (ticket => ticket))(Ticket())),
        new ShardShape(0, length, queueCapacity, queueWidth),
        new StreamConnector(Options, credentials, _instruments, _time),
        Options);

    /// <summary>A connection that says what the test says.</summary>
    public async Task<(BlockStream Blocks, NetworkStream Raw)> ConnectAsync(Guid? ticket = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync(Endpoint);
        var raw = client.GetStream();
        var blocks = new BlockStream(raw, raw, TimeProvider.System, Patience, _ => { });
        if (ticket is { } secret) await blocks.WriteFrameAsync(FrameKind.Hello, new HelloHeader { Ticket = secret }, CancellationToken.None);
        return (blocks, raw);
    }

    public long Count(string instrument, string tag) => _counts.GetValueOrDefault($"{instrument} {tag}");

    public long Refused(string reason) => Count("orleansblip_block_connections_refused", reason);

    /// <summary>Looks until it is so.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!isSo() && !patience.IsCancellationRequested) await look.WaitForNextTickAsync(CancellationToken.None);
        Assert.True(isSo());
    }

    /// <summary>Until the other end has closed a connection.</summary>
    public static async Task AssertClosedAsync(Stream raw)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            byte[] rest = new byte[1024];
            while (await raw.ReadAsync(rest, patience.Token) > 0) Assert.False(patience.IsCancellationRequested);
        }
        catch (IOException)
        {
            // A reset closes it too.
        }
    }

    public static GradientBlock Block(int length, TreeNode? node = null, GradientPrecision precision = GradientPrecision.Float32, int features = 0)
    {
        float[] sum = [.. Enumerable.Range(0, length).Select(i => MathF.Sin(i + 0.1f))];
        if (precision == GradientPrecision.BFloat16) BFloat16.Round(sum);
        return new GradientBlock
        {
            View = new ViewNumber(1),
            Step = new StepNumber(0),
            Node = node ?? new TreeNode(0, 3),
            Trainer = new TrainerId(new NodeName("node-2"), 1),
            Incarnation = new Incarnation(new Guid("00112233-4455-6677-8899-aabbccddeeff")),
            Checksum = BlockChecksum.Of(sum),
            Sum = new FloatBlock(sum, precision),
            Reports = [new SlotReport { Slot = 3, Losses = [new SlotLoss("itc", 0.5), new SlotLoss("lm", double.NaN)], Finite = false, SampleIds = [7, 8] }],
            Features = features == 0 ? [] : [new FeatureBlock { Slot = 3, Image = new FloatBlock(sum[..features]), Text = new FloatBlock(sum[1..(features + 1)]), Ids = new long[] { 5, -6 } }],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _listener.Dispose();
        _instruments.Dispose();
    }
}
