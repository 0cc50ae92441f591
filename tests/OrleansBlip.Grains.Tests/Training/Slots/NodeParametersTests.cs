using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;
using TorchSharp;

namespace OrleansBlip.Grains.Tests.Training.Slots;

public sealed class NodeParametersTests : IDisposable
{
    private const int Width = 4;

    private static readonly ModelSpec Spec = new()
    {
        Family = "filter",
        Vision = new VisionSpec { ImageSize = 8, PatchSize = 4, Width = 8, Depth = 1, Heads = 2 },
        Text = new TextSpec { VocabularySize = 12, Width = 8, Depth = 1, Heads = 2, FeedForwardWidth = 16, PositionsMax = 8 },
        FeatureWidth = Width,
    };

    private static readonly Composition Filter = Families.Compose(Spec);

    private readonly NodeParameters _parameters = new(Filter, torch.CPU);

    public void Dispose() => _parameters.Dispose();

    [Fact]
    public void Load_AVersion_IsWhatAllModelsOfTheNodeRead()
    {
        using BlipModel one = new(Filter), other = new(Filter);
        for (int step = 1; step <= 3; step++)
        {
            _parameters.Load(Version(step, value: step, queued: 0));
            foreach (var model in new[] { one, other })
            {
                Assert.NotNull(_parameters.With((new(0), new(step)), (values, _, _) =>
                {
                    model.Read(values);
                    Assert.Equal(step, model.Find("itm_head.weight")!.mean().item<float>());
                    Assert.Equal(step / 2f, model.Find("vision_proj_m.weight")!.mean().item<float>());
                    return "read";
                }));
            }
        }
    }

    [Fact]
    public void Load_TheVersionOfAnotherDevice_IsTakenAsLoaded()
    {
        var version = Version(1, value: 0.5f, queued: 0);
        _parameters.Load(version);
        Assert.NotNull(_parameters.With((version.View, version.Step), (values, _, _) => values.Weights.zero_()));
        _parameters.Load(version);

        Assert.Equal(0, MeanOf(version));
    }

    [Fact]
    public void Load_TheSameVersionPulledByAnotherNodeOfTheProcess_IsTakenAsLoaded()
    {
        var version = Version(1, value: 0.5f, queued: 0);
        _parameters.Load(version);
        _parameters.Load(Version(1, value: 0.6f, queued: 0));

        Assert.Equal(0.5f, MeanOf(version));
    }

    [Fact]
    public void With_AVersionThatAnotherDeviceHasReplaced_ComputesNothing()
    {
        Assert.Null(_parameters.With(null, (_, _, _) => "computed"));
        _parameters.Load(Version(1, value: 0.5f, queued: 0));
        Assert.Equal("computed", _parameters.With((new(0), new(1)), (_, _, _) => "computed"));
        _parameters.Load(Version(1, value: 0.6f, queued: 0, view: 1));
        Assert.Null(_parameters.With((new(0), new(1)), (_, _, _) => "computed"));
        Assert.Equal("computed", _parameters.With((new(1), new(1)), (_, _, _) => "computed"));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(0, 9)]
    public void Load_AnEarlierVersion_LeavesTheLaterOne(long view, long step)
    {
        var later = Version(3, value: 0.5f, queued: 0, view: 1);
        _parameters.Load(later);
        _parameters.Load(Version(step, value: 0.6f, queued: 0, view));

        Assert.Null(_parameters.With((new(view), new(step)), (_, _, _) => "computed"));
        Assert.Equal(0.5f, MeanOf(later));
    }

    [Fact]
    public void Load_WhileADeviceComputes_DoesNotTouchWhatItReads()
    {
        var version = Version(1, value: 0.5f, queued: 0);
        _parameters.Load(version);
        // The computing device itself can wait for no end of its computation: it is told so, where another device waits.
        Assert.Equal("0.5", _parameters.With((version.View, version.Step), (values, _, _) =>
        {
            Assert.Throws<LockRecursionException>(() => _parameters.Load(Version(2, value: 0.6f, queued: 0)));
            return $"{values.Weights.mean().item<float>()}";
        }));
        var next = Version(2, value: 0.6f, queued: 0);
        _parameters.Load(next);
        Assert.Equal(0.6f, MeanOf(next), 1e-6);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(3, 5)]
    [InlineData(5, 0)]
    public void Load_QueuesOfAnyLength_AreThoseOfTheVersion(int before, int after)
    {
        _parameters.Load(Version(1, value: 1, before));
        var version = Version(2, value: 2, after);
        _parameters.Load(version);

        Assert.NotNull(_parameters.With((version.View, version.Step), (_, queue, _) =>
        {
            Assert.Equal(after == 0, queue is null);
            if (queue is null) return "none";
            Assert.Equal([Width, after], queue.Images.shape);
            Assert.Equal(version.Queue!.Image.Span.ToArray(), queue.Images.t().contiguous().data<float>().ToArray());
            Assert.Equal(version.Queue.Text.Span.ToArray(), queue.Texts.t().contiguous().data<float>().ToArray());
            Assert.Equal(version.Queue.Ids.ToArray(), queue.ImageIds.data<long>().ToArray());
            return "some";
        }));
    }

    [Fact]
    public void Load_ForAPlaceOfItsOwnMemory_PutsAllOfItThere()
    {
        // libtorch's device of shapes without values, for a GPU.
        using var parameters = new NodeParameters(Filter, torch.META);
        foreach (var (step, queued) in new[] { (1, 3), (2, 3), (3, 5), (4, 0) })
        {
            var version = Version(step, value: 1, queued);
            parameters.Load(version);
            Assert.NotNull(parameters.With((version.View, version.Step), (values, queue, _) =>
            {
                Assert.Equal(queued == 0, queue is null);
                torch.Tensor[] all = [values.Weights, values.Momentum, .. queue is null ? [] : new[] { queue.Images, queue.Texts, queue.ImageIds }];
                Assert.All(all, tensor => Assert.Equal(DeviceType.META, tensor.device_type));
                if (queue is not null) Assert.Equal([Width, queued], queue.Texts.shape);
                return "there";
            }));
        }
    }

    [Fact]
    public void Load_AVersionInTheShardsMemory_IsReadWhereItIs()
    {
        var turns = new[] { Arrays(), Arrays(), Arrays() };
        // A shard that takes turns between two arrays and is then opened anew, with others.
        int[] order = [0, 1, 0, 1, 2, 2];
        for (int step = 0; step < order.Length; step++)
        {
            var (weights, momentum) = turns[order[step]];
            weights.Span.Fill(step);
            momentum.Span.Fill(step / 2f);
            var version = Version(step, weights, momentum, isInShardMemory: true);
            _parameters.Load(version);
            Assert.Equal(step, MeanOf(version));
            weights.Span.Fill(-1);
            Assert.Equal(-1, MeanOf(version));
        }
        var travelled = Version(order.Length, value: 0.5f, queued: 0);
        _parameters.Load(travelled);
        Assert.Equal(0.5f, MeanOf(travelled));
        Assert.All(turns, arrays => Assert.All(arrays.Weights.ToArray(), value => Assert.Equal(-1, value)));

        static (Memory<float> Weights, Memory<float> Momentum) Arrays()
        {
            var layout = BlipModel.LayoutOf(Filter);
            return (AlignedMemory.Allocate<float>((int)layout.ElementCount), AlignedMemory.Allocate<float>((int)layout.MomentumElementCount));
        }
    }

    [Fact]
    public void BlipModel_OverTheValuesOfAnother_IsRefused()
    {
        var captioner = Families.Compose(Spec with { Family = "captioner" });
        using var values = _parameters.NewValues();
        Assert.Contains("captioner", Assert.Throws<ArgumentException>(() => new BlipModel(captioner, values)).Message, StringComparison.Ordinal);
    }

    private float MeanOf(ParameterVersion version)
    {
        float? mean = null;
        Assert.NotNull(_parameters.With((version.View, version.Step), (values, _, _) => $"{mean = values.Weights.mean().item<float>()}"));
        return mean!.Value;
    }

    private static ParameterVersion Version(long step, Memory<float> weights, Memory<float> momentum, bool isInShardMemory) => new(new ViewNumber(0), new StepNumber(step), [new ParameterBlock
    {
        Version = new StepNumber(step),
        WeightStart = 0,
        Weights = new FloatBlock(weights),
        MomentumStart = 0,
        Momentum = new FloatBlock(momentum),
        IsInShardMemory = isInShardMemory,
    }]);

    private static ParameterVersion Version(long step, float value, int queued, long view = 0)
    {
        var layout = BlipModel.LayoutOf(Filter);
        return new ParameterVersion(new ViewNumber(view), new StepNumber(step), [new ParameterBlock
        {
            Version = new StepNumber(step),
            WeightStart = 0,
            Weights = Block((int)layout.ElementCount, _ => value),
            MomentumStart = 0,
            Momentum = Block((int)layout.MomentumElementCount, _ => value / 2),
            Queue = new QueueBlock
            {
                Image = Block(queued * Width, i => value + i),
                Text = Block(queued * Width, i => value - i),
                Ids = Enumerable.Range(0, queued).Select(i => 10L * step + i).ToArray(),
            },
        }]);
    }

    private static FloatBlock Block(int length, Func<int, float> value) => new(Enumerable.Range(0, length).Select(value).ToArray());
}
