using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Weights.PyTorch;

namespace OrleansBlip.Model.Tests.Weights.PyTorch;

/// <summary>The files in the folder Saved were written by PyTorch itself, as its README tells.</summary>
public sealed class SavedByPyTorchTests
{
    private static readonly string[] Names =
    [
        "bfloat16", "bn.num_batches_tracked", "bool", "columns", "decoder.weight", "double", "embedding.weight", "empty", "expanded", "half", "int32", "int64", "plain", "row", "strided", "temp",
        "transposed", "uint8",
    ];

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    public void Open_Checkpoint_HoldsWhatWasSaved(string file)
    {
        using var opened = PyTorchFile.Open(PathOf(file));
        Assert.Equal(Names, opened.Tensors.Keys.Order(StringComparer.Ordinal));
        Expect("plain", TensorDtype.F32, [2, 3], Ramp(6));
        Expect("half", TensorDtype.F16, [3], Ramp(3));
        Expect("bfloat16", TensorDtype.BF16, [3], Ramp(3));
        Assert.Equal([-3, -2.5, -2], opened.Read<double>("double"));
        Assert.Equal([0, 1, 2, 3], opened.Read<long>("int64"));
        Assert.Equal([0, 1, 2, 3], opened.Read<int>("int32"));
        Assert.Equal([0, 1, 2, 3], opened.Read<byte>("uint8"));
        Assert.Equal((TensorDtype.BOOL, 3), (opened.Tensors["bool"].Dtype, opened.Tensors["bool"].ByteCount));
        Assert.Equal([7], opened.Read<long>("bn.num_batches_tracked"));
        Assert.Empty(opened.Tensors["bn.num_batches_tracked"].Shape);
        Expect("temp", TensorDtype.F32, [], [0.07f]);
        Expect("empty", TensorDtype.F32, [0, 4], []);

        // Views of one storage, whose element at (row, column) is (6 row + column) / 2 - 3.
        Expect("transposed", TensorDtype.F32, [6, 4], [.. from column in Enumerable.Range(0, 6) from row in Enumerable.Range(0, 4) select Base(row, column)]);
        Expect("columns", TensorDtype.F32, [3, 3], [.. from row in Enumerable.Range(1, 3) from column in Enumerable.Range(2, 3) select Base(row, column)]);
        Expect("row", TensorDtype.F32, [6], [.. from column in Enumerable.Range(0, 6) select Base(2, column)]);
        Expect("strided", TensorDtype.F32, [4, 3], [.. from row in Enumerable.Range(0, 4) from column in Enumerable.Range(0, 3) select Base(row, 2 * column)]);
        Expect("expanded", TensorDtype.F32, [3, 2], [-3, -3, -2.5f, -2.5f, -2, -2]);
        Expect("embedding.weight", TensorDtype.F32, [5, 4], Ramp(20, first: 100));
        Expect("decoder.weight", TensorDtype.F32, [5, 4], Ramp(20, first: 100));

        void Expect(string name, TensorDtype dtype, long[] shape, float[] values)
        {
            Assert.Equal((dtype, string.Join(',', shape)), (opened.Tensors[name].Dtype, string.Join(',', opened.Tensors[name].Shape)));
            Assert.Equal(values, opened.ReadSingles(name));
        }
    }

    [Theory]
    [InlineData("namespace.pth", "calls argparse.Namespace")]
    [InlineData("namespace-legacy.pth", "calls argparse.Namespace")]
    [InlineData("module-legacy.pth", "calls torch.nn.modules.linear.Linear")]
    public void Open_CheckpointWithOtherObjects_IsRefusedWithTheirClassAndWhatToDo(string file, string reason)
    {
        var error = Assert.Throws<PyTorchFileException>(() => PyTorchFile.Open(PathOf(file)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("torch.save({\"model\": checkpoint[\"model\"]}, path)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    public void Open_FileCutAnywhere_IsRefused(string file)
    {
        var whole = File.ReadAllBytes(PathOf(file));
        var cut = Path.GetTempFileName();
        try
        {
            for (var length = 0; length < whole.Length; length += 7)
            {
                File.WriteAllBytes(cut, whole.AsSpan(0, length));
                Assert.Throws<PyTorchFileException>(() => PyTorchFile.Open(cut));
            }
        }
        finally
        {
            File.Delete(cut);
        }
    }

    [Fact]
    public void Open_LegacyFileWithAnyByteChanged_OpensOrRefuses()
    {
        var whole = File.ReadAllBytes(PathOf("legacy.pth"));
        var changed = Path.GetTempFileName();
        var refused = 0;
        try
        {
            for (var place = 0; place < whole.Length; place += 3)
            {
                var bytes = (byte[])whole.Clone();
                bytes[place] ^= (byte)(1 << (place % 8));
                File.WriteAllBytes(changed, bytes);
                try
                {
                    PyTorchFile.Open(changed).Dispose();
                }
                catch (PyTorchFileException)
                {
                    refused++;
                }
            }
        }
        finally
        {
            File.Delete(changed);
        }
        Assert.InRange(refused, 100, whole.Length / 3);
    }

    private static float Base(int row, int column) => (6 * row + column) / 2f - 3;

    private static float[] Ramp(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(i => i / 2f - 3)];

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Weights", "PyTorch", "Saved", file);
}
