using System.Buffers.Binary;
using System.Reflection;
using System.Text;
using OrleansBlip.Build;

namespace OrleansBlip.Tidy.Tests.Build;

public sealed class LibTorchSharpPatchTests
{
    private static readonly byte[] Original = File.ReadAllBytes(
        typeof(LibTorchSharpPatchTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "LibTorchSharp").Value!);

    [Fact]
    public void Apply_PackageFile_ImportsTheOlderConstructor()
    {
        var before = new ElfLibrary(Original);
        var after = new ElfLibrary(LibTorchSharpPatch.Apply(Original));

        var symbol = Assert.Single(after.Symbols, s => s.Name == LibTorchSharpPatch.ToSymbol);
        Assert.Equal(0, symbol.Section);
        Assert.DoesNotContain(after.Symbols, s => s.Name == LibTorchSharpPatch.FromSymbol);
        Assert.DoesNotContain(after.Versions, v => v.Name == LibTorchSharpPatch.FromVersion);
        Assert.Contains(after.Versions, v => v.Index == symbol.Version && v.Name == LibTorchSharpPatch.ToVersion);
        Assert.Equal(before.Symbols.Count, after.Symbols.Count);
        Assert.Equal(before.Versions.Count, after.Versions.Count);
    }

    [Fact]
    public void Apply_PackageFile_ChangesOnlyOneNameAndOneVersion()
    {
        var patched = LibTorchSharpPatch.Apply(Original);

        var name = Find(LibTorchSharpPatch.FromSymbol);
        var version = new ElfLibrary(Original).Versions.Single(v => v.Name == LibTorchSharpPatch.FromVersion).Position;
        var changed = Enumerable.Range(0, Original.Length).Where(i => Original[i] != patched[i]);
        bool Allowed(int i) => (i >= name && i < name + LibTorchSharpPatch.FromSymbol.Length) || (i >= version && i < version + 12);
        Assert.All(changed, i => Assert.True(Allowed(i), $"byte {i}"));
        Assert.Equal(0x08922974u, BinaryPrimitives.ReadUInt32LittleEndian(patched.AsSpan(version))); // ELF hash of GLIBCXX_3.4
    }

    [Fact]
    public void Apply_PatchedFile_ChangesNothing()
    {
        var once = LibTorchSharpPatch.Apply(Original);
        Assert.Equal(once, LibTorchSharpPatch.Apply(once));
    }

    [Fact]
    public void Apply_TruncatedAnywhere_SaysThatTheFileIsNotAsExpected()
    {
        var lengths = Enumerable.Range(0, 700).Concat(Enumerable.Range(0, 200).Select(i => i * (Original.Length / 200))).Append(Original.Length - 1);
        foreach (var length in lengths) AssertRefused(Original[..length], "lies outside the file");
    }

    [Theory]
    [InlineData(0, 0x00, "ELF magic")]
    [InlineData(4, 0x01, "64-bit")] // ELFCLASS32
    [InlineData(5, 0x02, "little-endian")] // big-endian
    [InlineData(16, 0x02, "shared library")] // an executable
    [InlineData(18, 0xb7, "machine 183")] // AArch64
    [InlineData(39, 0x7f, "program header table")]
    [InlineData(47, 0x7f, "section header table")]
    [InlineData(54, 0x20, "program headers have 32 bytes")]
    public void Apply_AnotherHeader_SaysWhatDiffers(int position, byte value, string expected)
    {
        var bytes = (byte[])Original.Clone();
        bytes[position] = value;
        AssertRefused(bytes, expected);
    }

    [Theory]
    [InlineData(LibTorchSharpPatch.FromSymbol, "expected the import")]
    [InlineData(LibTorchSharpPatch.FromVersion, "for version GLIBCXX_3.4.32 0 times")]
    [InlineData("libstdc++.so.6", "0 times")]
    public void Apply_NameMissing_SaysWhich(string name, string expected)
    {
        var bytes = (byte[])Original.Clone();
        bytes[Find(name)] = (byte)'?';
        AssertRefused(bytes, expected);
    }

    [Fact]
    public void Apply_StringTableBeyondTheFile_SaysSo()
    {
        var bytes = (byte[])Original.Clone();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(DynamicEntry(10) + 8), (ulong)Original.Length);
        AssertRefused(bytes, "string table");
    }

    [Fact]
    public void Apply_ByteOfATableDamaged_NeverCrashes()
    {
        var versions = new ElfLibrary(Original).Versions;
        var headers = Enumerable.Range(0, 64 + 10 * 56);
        var tables = headers.Concat(Enumerable.Range(DynamicEntry(1), 35 * 16)).Concat(Enumerable.Range(versions[0].Position - 16, 0x210));
        foreach (var position in tables.Where((_, i) => i % 5 == 0)) // 5 reaches each byte of the 8-byte fields in turn
        {
            var bytes = (byte[])Original.Clone();
            bytes[position] ^= 0xff;
            var exception = Record.Exception(() => LibTorchSharpPatch.Apply(bytes));
            Assert.True(exception is null or InvalidDataException, $"byte {position}: {exception}");
        }
    }

    private static void AssertRefused(byte[] bytes, string expected)
    {
        var message = Assert.Throws<InvalidDataException>(() => LibTorchSharpPatch.Apply(bytes)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("-p:PatchLibTorchSharp=false", message, StringComparison.Ordinal);
    }

    private static int Find(string name) => Original.AsSpan().IndexOf(Encoding.ASCII.GetBytes("\0" + name + "\0")) + 1;

    /// <summary>Position of a dynamic entry: the section lies in the file where program header 4 says.</summary>
    private static int DynamicEntry(ulong tag)
    {
        var position = (int)BinaryPrimitives.ReadUInt64LittleEndian(Original.AsSpan(64 + 4 * 56 + 8));
        while (BinaryPrimitives.ReadUInt64LittleEndian(Original.AsSpan(position)) != tag) position += 16;
        return position;
    }
}
