using System.Collections.Immutable;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>Blocks to headers and back.</summary>
internal static class BlockHeaders
{
    /// <summary>A gradient block's.</summary>
    public static PushHeader Of(GradientBlock block) => new()
    {
        View = block.View.Value,
        Step = block.Step.Value,
        Level = block.Node.Level,
        Index = block.Node.Index,
        Node = block.Trainer.Node.Value,
        Device = block.Trainer.Device,
        Incarnation = block.Incarnation.Value,
        Checksum = block.Checksum,
        Precision = (byte)block.Sum.Precision,
        Length = block.Sum.Length,
        Reports = ReportsOf(block.Reports),
        Features = FeaturesOf(block.Features),
    };

    /// <summary>A sum's.</summary>
    public static SumHeader Of(SumBlock block) => new()
    {
        View = block.View.Value,
        Step = block.Step.Value,
        Checksum = block.Checksum,
        Precision = (byte)block.Sum.Precision,
        Length = block.Sum.Length,
        Reports = ReportsOf(block.Reports),
        Features = FeaturesOf(block.Features),
    };

    /// <summary>A gradient block.</summary>
    public static GradientBlock ToBlock(PushHeader header, FloatBlock sum, ImmutableArray<FeatureBlock> features) => new()
    {
        View = new ViewNumber(header.View),
        Step = new StepNumber(header.Step),
        Node = new TreeNode(header.Level, header.Index),
        Trainer = new TrainerId(new NodeName(header.Node), header.Device),
        Incarnation = new Incarnation(header.Incarnation),
        Checksum = header.Checksum,
        Sum = sum,
        Reports = ToReports(header.Reports),
        Features = features,
    };

    /// <summary>A sum.</summary>
    public static SumBlock ToBlock(SumHeader header, FloatBlock sum, ImmutableArray<FeatureBlock> features) => new()
    {
        View = new ViewNumber(header.View),
        Step = new StepNumber(header.Step),
        Checksum = header.Checksum,
        Sum = sum,
        Reports = ToReports(header.Reports),
        Features = features,
    };

    /// <summary>Bytes of what follows a header, without the checksum at its end.</summary>
    public static long BytesOf(FloatBlock sum, ImmutableArray<FeatureBlock> features) => BytesOf(sum.Precision, sum.Length, FeaturesOf(features));

    /// <inheritdoc cref="BytesOf(FloatBlock, ImmutableArray{FeatureBlock})"/>
    public static long BytesOf(GradientPrecision precision, int length, FeatureHeader[] features) =>
        length * (precision == GradientPrecision.BFloat16 ? sizeof(ushort) : (long)sizeof(float))
        + features.Sum(slot => sizeof(float) * ((long)slot.ImageLength + slot.TextLength) + sizeof(long) * (long)slot.IdCount);

    private static ReportHeader[] ReportsOf(ImmutableArray<SlotReport> reports) => [.. reports.Select(report => new ReportHeader
    {
        Slot = report.Slot,
        LossNames = [.. report.Losses.Select(loss => loss.Name)],
        LossValues = [.. report.Losses.Select(loss => loss.Value)],
        Finite = report.Finite,
        SampleIds = [.. report.SampleIds],
    })];

    private static FeatureHeader[] FeaturesOf(ImmutableArray<FeatureBlock> features) =>
        [.. features.Select(slot => new FeatureHeader { Slot = slot.Slot, ImageLength = slot.Image.Length, TextLength = slot.Text.Length, IdCount = slot.Ids.Length })];

    private static ImmutableArray<SlotReport> ToReports(ReportHeader[] reports) => [.. reports.Select(report => new SlotReport
    {
        Slot = report.Slot,
        Losses = report.LossNames.Length == report.LossValues.Length
            ? [.. report.LossNames.Zip(report.LossValues, (name, value) => new SlotLoss(name, value))]
            : throw new FrameException("bad lengths"),
        Finite = report.Finite,
        SampleIds = [.. report.SampleIds],
    })];
}
