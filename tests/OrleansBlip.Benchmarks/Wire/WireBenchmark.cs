using System.CommandLine;
using System.Diagnostics;
using System.Net;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;
using OrleansBlip.Silo;
using Spectre.Console;
using TreeNode = OrleansBlip.Protocol.Steps.TreeNode;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>Blocks between two processes beside plain TCP, turn and turn about, and what an empty grain call waits meanwhile.</summary>
internal static class WireBenchmark
{
    /// <summary>Elements of a block: 64 MiB, more than any cache holds.</summary>
    public const int BlockElements = 1 << 24;

    /// <summary>Streams at most.</summary>
    public const int StreamsMax = 4;

    public const string Cluster = "wire";

    public static readonly RunId Run = new("wire");

    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { Description = "Length of a measurement.", DefaultValueFactory = _ => 4 };
        var rounds = new Option<int>("--rounds") { Description = "Measurements of each.", DefaultValueFactory = _ => 5 };
        var farEnd = new Option<string?>("--far-end") { Description = "Be the other process, of the cluster at this address.", Hidden = true };
        var certificates = new Option<string?>("--certificates") { Description = "The other process's certificates.", Hidden = true };
        var command = new Command("wire", "Blocks between two processes as a share of loopback TCP, and an empty grain call meanwhile.") { seconds, rounds, farEnd, certificates, WireBytesBenchmark.Command(), WireLinksBenchmark.Command() };
        command.SetAction(async (result, cancellation) =>
        {
            if (result.GetValue(farEnd) is { } primary) await FarEnd.ServeAsync(IPEndPoint.Parse(primary), result.GetRequiredValue(certificates)!);
            else await RunAsync(TimeSpan.FromSeconds(result.GetValue(seconds)), result.GetValue(rounds), cancellation);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(TimeSpan duration, int rounds, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        using var folder = new CertificateFolder();
        await using var silo = await BlipSilo.StartAsync(new BlipSiloOptions { Name = "near", ClusterId = Cluster, Devices = new DeviceOptions { DeviceCount = 0 } }, services => services.AddTorch(), cancellation);
        await using var far = await FarEnd.StartAsync(silo.Endpoint, folder.Issue("far"));
        using var instruments = new TrainingInstruments();
        var credentials = ClusterCredentials.Load(folder.Issue("near"));
        await using var plain = new RemoteShards(far, credentials: null, instruments);
        await using var secure = new RemoteShards(far, credentials, instruments);

        var transfers = new Table().Border(TableBorder.Markdown);
        transfers.AddColumns("streams", "plain TCP, GB/s", "push, GB/s", "share", "pull, GB/s", "share", "push in TLS, GB/s", "share", "pull in TLS, GB/s", "share");
        foreach (int streams in new[] { 1, StreamsMax })
        {
            var rates = new List<double>[] { [], [], [], [], [] };
            for (int round = 0; round < rounds; round++)
            {
                rates[0].Add(await RawStreams.SendAsync(far.RawPort, streams, duration));
                rates[1].Add(await TransferAsync(plain, streams, duration, isPush: true));
                rates[2].Add(await TransferAsync(plain, streams, duration, isPush: false));
                rates[3].Add(await TransferAsync(secure, streams, duration, isPush: true));
                rates[4].Add(await TransferAsync(secure, streams, duration, isPush: false));
            }
            string Rate(int which) => $"{Median(rates[which]) / 1e9:f2}";
            string Share(int which) => $"{Median(rates[which].Zip(rates[0], (rate, raw) => rate / raw)):f2}";
            transfers.AddRow($"{streams}", Rate(0), Rate(1), Share(1), Rate(2), Share(2), Rate(3), Share(3), Rate(4), Share(4));
        }

        var calls = new Table().Border(TableBorder.Markdown);
        calls.AddColumns("meanwhile", "empty grain calls", "p50, ms", "p99, ms", "max, ms");
        var node = silo.Client.GetGrain<INode>("far");
        await node.Describe();
        await AddCallsAsync(calls, "nothing", node, duration * 2, _ => Task.CompletedTask);
        await AddCallsAsync(calls, "pushes on 4 streams", node, duration * 2, span => TransferAsync(plain, StreamsMax, span, isPush: true));
        await AddCallsAsync(calls, "pulls on 4 streams", node, duration * 2, span => TransferAsync(plain, StreamsMax, span, isPush: false));
        await AddCallsAsync(calls, "both, on 4 streams each", node, duration * 2, span => Task.WhenAll(TransferAsync(plain, StreamsMax, span, isPush: true), TransferAsync(plain, StreamsMax, span, isPush: false)));
        AnsiConsole.Profile.Width = 220; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(transfers);
        AnsiConsole.Write(calls);
    }

    /// <summary>Blocks one after the other on each stream, from their checksum to the answer.</summary>
    /// <returns>Bytes a second.</returns>
    private static async Task<double> TransferAsync(RemoteShards remotes, int streams, TimeSpan duration, bool isPush)
    {
        long start = Stopwatch.GetTimestamp();
        int[] blocks = await Task.WhenAll(Enumerable.Range(0, streams).Select(stream => Task.Run(async () =>
        {
            float[] sum = new float[BlockElements];
            var remote = remotes[stream];
            int count = 0;
            for (; Stopwatch.GetElapsedTime(start) < duration; count++)
            {
                bool isThere = isPush
                    ? (await remote.PushAsync(Block(sum, stream), CancellationToken.None)).Outcome == PushOutcome.Accepted
                    : (await remote.PullAsync(new PullRequest { View = new ViewNumber(1), Version = new StepNumber(count) }, null, CancellationToken.None)).Outcome == PullOutcome.Found;
                if (!isThere) throw new InvalidOperationException("A block did not come through.");
            }
            return count;
        })));
        return blocks.Sum() * (double)BlockElements * sizeof(float) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static GradientBlock Block(float[] sum, int stream) => new()
    {
        View = new ViewNumber(1),
        Step = new StepNumber(0),
        Node = new TreeNode(0, stream),
        Trainer = new TrainerId(new NodeName("near"), stream),
        Incarnation = new Incarnation(Guid.Empty),
        Checksum = BlockChecksum.Of(sum),
        Sum = new FloatBlock(sum),
    };

    private static async Task AddCallsAsync(Table table, string meanwhile, INode node, TimeSpan duration, Func<TimeSpan, Task> transfer)
    {
        var work = Task.Run(() => transfer(duration));
        List<double> milliseconds = [];
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < duration;)
        {
            long call = Stopwatch.GetTimestamp();
            await node.Describe();
            milliseconds.Add(Stopwatch.GetElapsedTime(call).TotalMilliseconds);
            // Calls as a silo makes them, not one that keeps a core busy by itself.
            await Task.Delay(2);
        }
        await work;
        milliseconds.Sort();
        table.AddRow(meanwhile, $"{milliseconds.Count}", $"{milliseconds[milliseconds.Count / 2]:f2}", $"{milliseconds[(int)(milliseconds.Count * 0.99)]:f2}", $"{milliseconds[^1]:f1}");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
