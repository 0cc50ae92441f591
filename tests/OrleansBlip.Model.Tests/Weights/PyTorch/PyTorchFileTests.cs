using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Weights.PyTorch;

namespace OrleansBlip.Model.Tests.Weights.PyTorch;

/// <summary>Files with faults that PyTorch does not write. Those beside this one were written by Python's own pickle and zipfile, with classes that bear PyTorch's names.</summary>
public sealed class PyTorchFileTests
{
    [Theory]
    [InlineData("checkpoint.pth")]
    [InlineData("protocol4.pth")]
    public void Open_Checkpoint_HoldsTheModelsTensorsAlone(string file)
    {
        using var opened = PyTorchFile.Open(PathOf(file));
        Assert.Equal(["brain", "half", "ids", "row", "scalar", "transposed", "weight"], opened.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([1, 2, 3, 4, 5, 6], opened.Read<float>("weight"));
        Assert.Equal([2, 3], opened.Tensors["weight"].Shape.AsEnumerable());
        Assert.Equal([4, 5, 6], opened.Read<float>("row"));
        Assert.Equal([0.5f, -2], opened.ReadSingles("half"));
        Assert.Equal([-1, 7, 1L << 40], opened.Read<long>("ids"));
        Assert.Equal([3, 1], opened.Tensors["ids"].Shape.AsEnumerable());
        Assert.Equal([1f, -3.140625f], opened.ReadSingles("brain"));
        Assert.Equal([6], opened.Read<float>("scalar"));
        Assert.Empty(opened.Tensors["scalar"].Shape);
    }

    [Fact]
    public void Read_TransposedView_IsRowMajor()
    {
        using var opened = PyTorchFile.Open(PathOf("checkpoint.pth"));
        Assert.Equal([3, 2], opened.Tensors["transposed"].Shape.AsEnumerable());
        Assert.Equal([1, 4, 2, 5, 3, 6], opened.Read<float>("transposed"));
    }

    [Fact]
    public void Open_StateDictAlone_HoldsItsTensors()
    {
        using var opened = PyTorchFile.Open(PathOf("flat.bin"));
        Assert.Equal([1, 2, 3, 4, 5, 6], opened.Read<float>(Assert.Single(opened.Tensors).Key));
    }

    [Theory]
    [InlineData("evil.pth", "calls posix.system")]
    [InlineData("beyond.pth", "a tensor of shape [6] reaches beyond its storage '0' of 6 elements")]
    [InlineData("short.pth", "the storage '0' of tensor 'a' has 20 bytes, it should have 24")]
    [InlineData("missing.pth", "tensor 'a' has no storage '0'")]
    [InlineData("int16.pth", "torch.ShortStorage")]
    [InlineData("big-endian.pth", "byte order is 'big'")]
    public void Open_WrongFile_IsRefusedWithTheReason(string file, string reason)
    {
        var error = Assert.Throws<PyTorchFileException>(() => PyTorchFile.Open(PathOf(file)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(PathOf(file), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileCutAnywhere_IsRefused()
    {
        var whole = File.ReadAllBytes(PathOf("flat.bin"));
        var cut = Path.GetTempFileName();
        try
        {
            for (var length = 0; length < whole.Length; length++)
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
    public void Read_PickleWithAnyByteChanged_EndsOrRefuses()
    {
        var path = PathOf("checkpoint.pth");
        byte[] pickle;
        using (var zip = System.IO.Compression.ZipFile.OpenRead(path))
        {
            var entry = zip.GetEntry("archive/data.pkl")!;
            pickle = new byte[entry.Length];
            using var stream = entry.Open();
            stream.ReadExactly(pickle);
        }
        var refused = 0;
        for (var place = 0; place < pickle.Length; place++)
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = (byte[])pickle.Clone();
                changed[place] ^= (byte)(1 << bit);
                try
                {
                    new PickleReader(changed, path).Read();
                }
                catch (PyTorchFileException)
                {
                    refused++;
                }
            }
        Assert.InRange(refused, pickle.Length, 8 * pickle.Length);
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Weights", "PyTorch", file);
}
