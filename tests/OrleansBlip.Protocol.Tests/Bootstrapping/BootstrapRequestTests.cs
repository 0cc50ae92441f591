using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Tests.Wire;

namespace OrleansBlip.Protocol.Tests.Bootstrapping;

public sealed class BootstrapRequestTests
{
    private static readonly BootstrapRequest Good = BootstrapSamples.All.OfType<BootstrapRequest>().Single();

    public static TheoryData<string, BootstrapRequest> Bad => new()
    {
        { "Web is empty", Good with { Web = " " } },
        { "OutputFolder is empty", Good with { OutputFolder = "" } },
        { "Rounds is 0, it must be 1 to 100", Good with { Rounds = 0 } },
        { "Threshold is NaN", Good with { Threshold = double.NaN } },
        { "Captions.TopP is 0", Good with { Captions = new CaptionSettings { TopP = 0 } } },
        { "Captions.LengthMin is 5 and LengthMax 4", Good with { Captions = new CaptionSettings { LengthMin = 5, LengthMax = 4 } } },
        { "Arms names one twice", Good with { Arms = [BootstrapArm.Filter, BootstrapArm.Filter] } },
        { "Steps is 0", Good with { Filter = Good.Filter with { Steps = 0 } } },
        { "CheckpointInterval is -1", Good with { CheckpointInterval = -1 } },
    };

    [Fact]
    public void Validate_GoodRequest_Accepts() => Good.Validate();

    [Theory]
    [MemberData(nameof(Bad))]
    public void Validate_BadRequest_NamesKeyAndValue(string problem, BootstrapRequest request) =>
        Assert.Contains(problem, Assert.Throws<RunRefusedException>(request.Validate).Message, StringComparison.Ordinal);

    [Fact]
    public void On_DataAndWeights_CompletesTheTemplate()
    {
        var spec = Good.Captioner.On(new string('d', 64), 77, new string('e', 64));
        spec.Validate();
        Assert.Equal((new string('d', 64), 77L, new string('e', 64), Good.Captioner.Steps), (spec.DatasetDigest, spec.SampleCount, spec.InitialWeightsSha256, spec.Steps));
    }

    [Fact]
    public void Next_OfStages_GoesRoundByRound()
    {
        var stage = BootstrapStage.First;
        for (int i = 0; i < 6; i++) stage = stage.Next;
        Assert.Equal(new BootstrapStage(2, BootstrapPhase.Pretraining), stage);
    }
}
