using System.Text.Json.Nodes;
using OrleansBlip.Client;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using TorchSharp;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>What holds for the protocol's fake model holds for BLIP with dropout, drop path, augmentation, queue and momentum.</summary>
public sealed class RealModelTests(RealModelFixture fixture) : IClassFixture<RealModelFixture>
{
    private const string Dialogues = """
        {"data": {"questions": ["a red circle", "a blue star", "a green square"], "answers": ["red", "blue", "green circle", "a star"], "dialogs": [
            {"image_id": 0, "caption": "a red circle above a blue star", "dialog": [
                {"question": 0, "answer": 0, "answer_options": [1, 0, 2, 3], "gt_index": 1}, {"question": 1, "answer": 3, "answer_options": [3, 1], "gt_index": 0}]},
            {"image_id": 1, "caption": "a green square", "dialog": [{"question": 2, "answer": 2, "answer_options": [0, 1, 2], "gt_index": 2}]}]}}
        """;

    [Theory]
    [InlineData(1, false, 1)]
    [InlineData(3, false, 1)]
    [InlineData(1, false, 2)]
    [InlineData(3, true, 1)]
    [InlineData(2, true, 2)]
    public async Task Run_OnAnyNodesAndDevices_EndsWithThePlainLoopsWeights(int nodes, bool shareFactory, int devices)
    {
        var request = fixture.Request($"nodes-{nodes}-{shareFactory}-{devices}");
        var expected = await fixture.PlainHashAsync(request);
        var status = await TrainOnAllNodesAsync(request, nodes, shareFactory, devices);
        Assert.Equal((RunState.Completed, null, expected), (status.State, status.Problem, status.WeightsSha256));
    }

    [Fact]
    public async Task Run_WithGradientCheckpointing_OnOtherNodes_EndsWithTheWeightsOfOneWithout()
    {
        var expected = await fixture.PlainHashAsync(fixture.Request("kept"));
        var request = fixture.Request("recomputed");
        var model = JsonNode.Parse(request.Spec.Model)!;
        model["vision"]!["checkpointedBlocks"] = 2;
        request = request with { Spec = request.Spec with { Model = model.ToJsonString() } };
        Assert.Equal(expected, await fixture.PlainHashAsync(request));
        var status = await TrainOnAllNodesAsync(request, nodes: 3);
        Assert.Equal((RunState.Completed, null, expected), (status.State, status.Problem, status.WeightsSha256));
    }

    /// <summary>What is held the same everywhere is there at all: each kind of randomness leaves its trace in the weights.</summary>
    [Theory]
    [InlineData("text", "dropout")]
    [InlineData("vision", "dropPathRate")]
    [InlineData("augmentation", "kind")]
    public async Task PlainLoop_WithoutOneKindOfRandomness_EndsWithOtherWeights(string part, string setting)
    {
        var request = fixture.Request("random");
        var (model, data) = (JsonNode.Parse(request.Spec.Model)!, JsonNode.Parse(request.Spec.Data)!);
        var switchedOff = part == "augmentation" ? data[part]! : model[part]!;
        Assert.NotNull(switchedOff[setting]);
        switchedOff[setting] = part == "augmentation" ? "none" : 0.0;
        var without = request with { Spec = request.Spec with { Model = model.ToJsonString(), Data = data.ToJsonString() } };
        Assert.Single(request.Spec.DifferencesFrom(without.Spec));
        Assert.NotEqual(await fixture.PlainHashAsync(request), await fixture.PlainHashAsync(without));
    }

    [Theory]
    [InlineData("vqa", """[{"image": "0.jpg", "question": "what colour is it?", "answer": ["red", "blue", "red"]}, {"image": "1.jpg", "question": "is it red?", "answer": "red"}]""")]
    [InlineData("nlvr", """[{"images": ["0.jpg", "1.jpg"], "sentence": "a red circle on the left", "label": "True"}, {"images": ["2.jpg", "3.jpg"], "sentence": "a star", "label": "False"}]""")]
    [InlineData("visdial", Dialogues)]
    public async Task Run_OfAnotherFamily_EndsWithThePlainLoopsWeights(string family, string list)
    {
        var request = fixture.Request(family, family, list);
        var expected = await fixture.PlainHashAsync(request);
        await using var cluster = await RealModelFixture.StartClusterAsync(2);
        RunStatus? status = null;
        var losses = new List<double>();
        await using var client = new BlipClient(cluster.Client);
        await foreach (var progress in client.TrainAsync(new RunId(family), request))
        {
            status = progress.Status;
            losses.AddRange(progress.Steps.Select(step => Assert.Single(step.Losses).Value));
        }
        Assert.Equal((RunState.Completed, null, expected), (status!.State, status.Problem, status.WeightsSha256));
        Assert.Equal(RealModelFixture.Steps, losses.Count);
        Assert.All(losses, loss => Assert.True(double.IsFinite(loss) && loss > 0));
    }

    [Fact]
    public async Task PlainLoop_OverADialogue_LearnsFromItsCaptionToo()
    {
        // One round: its order is the same whatever the digest is.
        var plain = await HashAsync("plain", "a red circle");
        Assert.Equal(plain, await HashAsync("cleaned", "A RED circle."));
        Assert.NotEqual(plain, await HashAsync("other", "a blue star"));

        Task<string> HashAsync(string name, string caption) => fixture.PlainHashAsync(fixture.Request(name, "visdial", $$$"""
            {"data": {"questions": ["a star"], "answers": ["red", "blue"], "dialogs": [
                {"image_id": 3, "caption": "{{{caption}}}", "dialog": [{"question": 0, "answer": 1, "answer_options": [1, 0], "gt_index": 0}]}]}}
            """));
    }

    [Fact]
    public async Task PlainLoop_SameSeedTwice_GivesTheSameWeights_AnotherSeedOthers()
    {
        var first = await fixture.PlainHashAsync(fixture.Request("twice"), devices: 2);
        Assert.Equal(first, await fixture.PlainHashAsync(fixture.Request("twice"), devices: 1));
        Assert.NotEqual(first, await fixture.PlainHashAsync(fixture.Request("twice", seed: 2)));
    }

    [Fact]
    public async Task PlainLoop_WithoutTheTruth_GivesTheSameWeights()
    {
        var with = await fixture.PlainHashAsync(fixture.Request("truth"));
        var (truth, hidden) = (Path.Combine(fixture.World, "truth"), Path.Combine(fixture.Folder, "hidden"));
        Directory.Move(truth, hidden);
        try
        {
            Assert.Equal(with, await fixture.PlainHashAsync(fixture.Request("truth")));
        }
        finally
        {
            Directory.Move(hidden, truth);
        }
    }

    [Fact]
    public async Task Undecodable_DuringARunAndAfterIt_NamesThePictures()
    {
        Directory.CreateDirectory(Path.Combine(fixture.Folder, "pictures"));
        File.WriteAllBytes(Path.Combine(fixture.Folder, "pictures", "broken.jpg"), [1, 2, 3]);
        var request = fixture.Request("broken", "vqa", """[{"image": "broken.jpg", "question": "what?", "answer": "red"}, {"image": "1.jpg", "question": "what?", "answer": "blue"}]""");
        var factory = new BlipSlotComputerFactory();
        await using var devices = RealModelFixture.Devices(1);
        await devices[0].RunAsync(() =>
        {
            using (var computer = factory.Create(RunId.Parse("broken"), request, device: 0, torch.CPU))
            {
                Assert.Empty(factory.Undecodable);
                computer.Prepare(new(0), slot: 0);
                Assert.Equal("broken.jpg", Assert.Single(factory.Undecodable).Name);
            }
            Assert.Equal("broken.jpg", Assert.Single(factory.Undecodable).Name);
        });
    }

    [Fact]
    public async Task Compute_OfAPreparedSlot_GivesWhatItGivesUnprepared()
    {
        var request = fixture.Request("prepared");
        var factory = new BlipSlotComputerFactory();
        await using var devices = RealModelFixture.Devices(1);
        var (plain, prepared, other, kept) = await devices[0].RunAsync(() =>
        {
            var initial = factory.CreateInitial(request);
            using var computer = factory.Create(RunId.Parse("alone"), request, device: 0, torch.CPU);
            var block = new ParameterBlock { Version = new(0), WeightStart = 0, Weights = new(initial.Weights), MomentumStart = 0, Momentum = new(initial.Momentum) };
            computer.Load(new ParameterVersion(new(0), new(0), [block]));
            float[] Gradient(int slot)
            {
                var gradient = new float[initial.Weights.Length];
                computer.Compute(new(0), slot, gradient);
                return gradient;
            }
            var plain = Gradient(slot: 2);
            computer.Prepare(new(0), slot: 2);
            var prepared = Gradient(slot: 2);
            // What was made ready for another slot must not be taken, and serves that slot later.
            var three = Gradient(slot: 3);
            computer.Prepare(new(0), slot: 3);
            return (plain, prepared, Gradient(slot: 2), three.AsSpan().SequenceEqual(Gradient(slot: 3)));
        });
        Assert.Contains(plain, value => value != 0);
        Assert.Equal(plain, prepared);
        Assert.Equal(plain, other);
        Assert.True(kept);
    }

    /// <summary>Trains where each node computes a part.</summary>
    private static async Task<RunStatus> TrainOnAllNodesAsync(RunRequest request, int nodes, bool shareFactory = false, int devices = 1)
    {
        using var gate = new NodeGate(nodes, nodes * devices);
        await using var cluster = await RealModelFixture.StartClusterAsync(nodes, shareFactory, devices, gate);
        await using var client = new BlipClient(cluster.Client);
        var run = new RunId("real");
        await client.Run(run).Start(request);
        await gate.OpenOnceCompleteAsync(client.Run(run));
        RunStatus? status = null;
        await foreach (var progress in client.WatchAsync(run)) status = progress.Status;
        gate.AssertAllHaveComputed();
        return status!;
    }
}
