using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Weights;

public sealed class WeightsHashTests
{
    private static readonly ParameterLayout Layout = new(
    [
        new ParameterEntry { Name = "b.weight", Shape = [2, 2], Offset = 0, Length = 4, Aliases = ["tied.weight"] },
        new ParameterEntry { Name = "a.bias", Shape = [], Offset = 4, Length = 1, MomentumOffset = 0, MomentumName = "a_m.bias" },
    ]);

    [Fact]
    public void Of_FlatVectors_EqualsIndependentComputation()
    {
        // From a few lines of Python (hashlib, struct) that follow the documented byte order.
        const string expected = "d4e4c830df767dc7d24f915df40dd0f2d122bfbccf0a496dc34324f11214ebb0";
        Assert.Equal(expected, WeightsHash.Of<float>(Layout, [1, 2, 3, 4, 5], [6]));
        Assert.Equal(expected, WeightsHash.Of([
            TensorData.Of<float>("a_m.bias", new[] { 6f }), TensorData.Of<float>("b.weight", new[] { 1f, 2, 3, 4 }, 2, 2),
            TensorData.Of<float>("a.bias", new[] { 5f })]));
    }

    [Fact]
    public void Append_InPieces_GivesSameHash()
    {
        byte[] bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        using var whole = new WeightsHash();
        whole.Start("x", TensorDtype.F32, [2]);
        whole.Append(bytes);
        using var pieces = new WeightsHash();
        pieces.Start("x", TensorDtype.F32, [2]);
        pieces.Append(bytes.AsSpan(0, 3));
        pieces.Append(bytes.AsSpan(3));
        Assert.Equal(whole.Finish(), pieces.Finish());
    }

    [Fact]
    public void Of_OneBitNameShapeOrDtypeChanged_Differs()
    {
        string[] hashes =
        [
            WeightsHash.Of([TensorData.Of<float>("x", new[] { 1f, 2 }, 2)]),
            WeightsHash.Of([TensorData.Of<float>("x", new[] { 1f, BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(2f) ^ 1) }, 2)]),
            WeightsHash.Of([TensorData.Of<float>("y", new[] { 1f, 2 }, 2)]),
            WeightsHash.Of([TensorData.Of<float>("x", new[] { 1f, 2 }, 1, 2)]),
            WeightsHash.Of([TensorData.Of<int>("x", new[] { BitConverter.SingleToInt32Bits(1f), BitConverter.SingleToInt32Bits(2f) }, 2)]),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Fact]
    public void Start_OutOfOrderOrIncomplete_Throws()
    {
        using var hash = new WeightsHash();
        hash.Start("b", TensorDtype.U8, [1]);
        Assert.Throws<InvalidOperationException>(() => hash.Start("c", TensorDtype.U8, [1]));
        Assert.Throws<InvalidOperationException>(() => hash.Append([1, 2]));
        hash.Append([1]);
        Assert.Throws<InvalidOperationException>(() => hash.Start("a", TensorDtype.U8, [1]));
        Assert.Throws<InvalidOperationException>(() => hash.Start("b", TensorDtype.U8, [1]));
        Assert.Throws<ArgumentException>(() => WeightsHash.Of<float>(Layout, [1, 2], [6]));
    }
}
