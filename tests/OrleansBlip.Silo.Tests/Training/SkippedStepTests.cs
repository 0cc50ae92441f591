using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Client;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Whoever looks for the sample that spoilt a step is told which pairs of the data set it held.</summary>
public sealed class SkippedStepTests(RealModelFixture fixture) : IClassFixture<RealModelFixture>
{
    private const int SlotCount = 2, SlotSize = 4, Pairs = SlotCount * SlotSize;

    [Fact]
    public async Task Step_SkippedOverPicturesOfTwoCaptions_NamesEachPair()
    {
        var request = Request();
        using var log = new TestLog();
        await using var cluster = await StartClusterAsync(log);
        await using var client = new BlipClient(cluster.Client);
        List<StepRecord> steps = [];
        await foreach (var progress in client.TrainAsync(new RunId("skipped"), request)) steps.AddRange(progress.Steps);

        var skipped = steps.Where(step => step.Verdict == VerdictKind.Skip).ToArray();
        Assert.Equal([1L, 2L], skipped.Select(step => step.Step.Value));
        Assert.Empty(steps[0].SuspectSamples);
        foreach (var step in skipped)
        {
            long[] expected = ExpectedSamples(request, step.Step.Value);
            Assert.Equal(expected, step.SuspectSamples);
            // A step is an epoch here: each caption of each picture once.
            Assert.Equal(Enumerable.Range(0, Pairs).Select(pair => (long)pair), expected.Order());
            Assert.Single(log.Lines, line => line.Contains($"Step {step.Step} was skipped", StringComparison.Ordinal)
                && line.Contains($"Slots concerned: 0, 1; their samples, as numbers of pairs in the data set from 0: {string.Join(", ", expected)}.", StringComparison.Ordinal));
        }
    }

    /// <summary>Four pictures of two captions each, and a learning rate that spoils all weights at once.</summary>
    private RunRequest Request()
    {
        var list = string.Join(',', Enumerable.Range(0, Pairs / 2).Select(picture => $$"""{"image": "{{picture}}.jpg", "caption": ["a red circle", "a blue star"]}"""));
        var request = fixture.Request("skipped", "pretraining", $"[{list}]");
        var (optimizer, data) = (JsonNode.Parse(request.Spec.Optimizer)!, JsonNode.Parse(request.Spec.Data)!);
        optimizer["optimizer"]!["learningRate"] = JsonNode.Parse("""{"kind": "constant", "peak": 1e30}""");
        data["texts"] = "caption";
        return request with
        {
            Spec = request.Spec with { Optimizer = optimizer.ToJsonString(), Data = data.ToJsonString(), SlotCount = SlotCount, SlotSize = SlotSize, Steps = 3 },
        };
    }

    private static long[] ExpectedSamples(RunRequest request, long step)
    {
        var sources = RunSources.FromJson(request.Sources);
        using var source = sources.Open();
        var loader = new BatchLoader(source, new CaptionTokenizer(Vocabulary.Load(sources.Vocabulary)), DataSpec.FromJson(request.Spec.Data), (ulong)request.Spec.Seed, SlotCount, SlotSize);
        return [.. Enumerable.Range(0, SlotCount).SelectMany(slot => loader.Load(step, slot).Pairs)];
    }

    private static Task<BlipCluster> StartClusterAsync(TestLog log) => BlipCluster.StartAsync(
        1,
        new BlipSiloOptions { ClusterId = Guid.NewGuid().ToString("N"), Devices = new DeviceOptions { DeviceCount = 1 }, ClaimDevice = _ => TorchThreads.Claim(1) },
        services => services.AddLogging(logging => logging.AddProvider(log)).AddTorch(null));
}
