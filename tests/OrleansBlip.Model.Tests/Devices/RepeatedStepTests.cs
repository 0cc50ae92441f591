using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tests.Compositions;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Devices;

/// <summary>No kernel of a training step sums in an order that changes from time to time: on a GPU where this build and this machine have one, else on the CPU.</summary>
public sealed class RepeatedStepTests
{
    private const int Repeats = 100;

    [Fact]
    public void Step_TakenAHundredTimes_HasTheSameGradientBitForBit()
    {
        // It holds for the whole process, and would make other tests compute otherwise on the CPU.
        if (torch.cuda.is_available()) CudaNumerics.FixArithmetic();
        using var scope = torch.NewDisposeScope();
        var vision = CompositionTests.Vision with { Depth = 2, DropPathRate = 0.3, CheckpointedBlocks = 1 };
        var composition = Families.Pretraining(new ModelSpec { Vision = vision, Text = CompositionTests.Text with { Dropout = 0.1 }, FeatureWidth = 8 });
        using var model = new BlipModel(composition, device: torch.cuda.is_available() ? torch.CUDA : torch.CPU);
        model.Initialize(seed: 3);
        // Rows of the word embedding that many texts read are where a GPU would add up as its threads come by.
        var batch = CompositionTests.Batch();
        batch = batch with { Images = batch.Images.repeat(4, 1, 1, 1), Tokens = batch.Tokens.repeat(4, 1), Mask = batch.Mask.repeat(4, 1), ImageIds = TensorArithmetic.Rows(24, torch.CPU) };
        float[] first = new float[model.Layout.ElementCount], again = new float[model.Layout.ElementCount];
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            model.Step(batch, new StepSettings { Alpha = 0.4, Random = new SlotRandom(1, 0, 0) }, repeat == 0 ? first : again);
            if (repeat > 0) Assert.True(first.AsSpan().SequenceEqual(again), $"Step {repeat} differs in its bits.");
        }
        Assert.Contains(first, value => value != 0);
    }
}
