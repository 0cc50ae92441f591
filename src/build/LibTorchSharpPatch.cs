#if !NET
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
#endif
using System.Text;

// Compiled twice: by MSBuild as an inline task (no NET symbol; see ../Directory.Build.targets) and by the tests (without the task).
namespace OrleansBlip.Build;

/// <summary>
/// Makes TorchSharp's native library load where libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04). It needs GLIBCXX_3.4.32 for one
/// symbol, <c>std::ios_base_library_init()</c>, which does what the constructor <c>std::ios_base::Init::Init()</c>, exported since
/// GLIBCXX_3.4, does. The patch renames the import in place and lowers the version it asks for; no byte moves.
/// </summary>
internal static class LibTorchSharpPatch
{
    internal const string FromSymbol = "_ZSt21ios_base_library_initv";
    internal const string ToSymbol = "_ZNSt8ios_base4InitC1Ev";
    internal const string FromVersion = "GLIBCXX_3.4.32";
    internal const string ToVersion = "GLIBCXX_3.4";
    private const string LibStdCpp = "libstdc++.so.6";

    /// <summary>Returns a patched copy of <paramref name="library"/>, or an equal copy when it is patched already.</summary>
    /// <exception cref="InvalidDataException">The bytes are no shared library of the kind this patch knows; says what differs.</exception>
    internal static byte[] Apply(byte[] library)
    {
        var patched = (byte[])library.Clone();
        var elf = new ElfLibrary(patched);
        var from = elf.Versions.Where(v => v.Library == LibStdCpp && v.Name == FromVersion).ToList();
        var to = elf.Versions.Where(v => v.Library == LibStdCpp && v.Name == ToVersion).ToList();
        if (from.Count == 0 && to.Count == 2 && elf.Symbols.Any(s => IsImport(s) && s.Name == ToSymbol && to.Any(v => v.Index == s.Version))) return patched;
        if (from.Count != 1) throw ElfLibrary.Unexpected($"it asks {LibStdCpp} for version {FromVersion} {from.Count} times, expected once");
        if (to.Count != 1) throw ElfLibrary.Unexpected($"it asks {LibStdCpp} for version {ToVersion} {to.Count} times, expected once");

        var users = elf.Symbols.Where(s => s.Version == from[0].Index).ToList();
        if (users.Count != 1 || users[0].Name != FromSymbol || !IsImport(users[0]))
        {
            var names = string.Join(", ", users.Select(s => s.Name).Take(3));
            throw ElfLibrary.Unexpected($"{FromVersion} is wanted by [{names}] ({users.Count} symbols), expected the import {FromSymbol} alone");
        }
        // The linker may let one string serve as the tail of another: such a sharer would be renamed too.
        var sharers = elf.NameOffsets.Count(offset => offset >= users[0].NameOffset && offset <= users[0].NameOffset + FromSymbol.Length);
        if (sharers != 1) throw ElfLibrary.Unexpected($"{sharers} names share the string {FromSymbol}, expected one");

        var name = new byte[FromSymbol.Length];
        Encoding.ASCII.GetBytes(ToSymbol, 0, ToSymbol.Length, name, 0);
        name.CopyTo(patched, elf.StringPosition(users[0].NameOffset));
        // A needed version is its ELF hash and its name: both are copied from the entry that asks for the older version.
        elf.RetargetVersion(from[0], to[0]);
        return patched;
    }

    private static bool IsImport(ElfSymbol symbol) => symbol.Section == 0;
}

/// <summary>An entry of the dynamic symbol table; section 0 means that another library defines it.</summary>
internal sealed class ElfSymbol
{
    internal string Name = "";
    internal uint NameOffset;
    internal int Section;
    internal int Version;
}

/// <summary>A version that the library asks of another one.</summary>
internal sealed class ElfVersion
{
    internal int Position;
    internal string Library = "";
    internal string Name = "";
    internal int Index;
}

/// <summary>The tables of a 64-bit x86 shared library that the dynamic loader reads, found the way it finds them and checked at each step.</summary>
internal sealed class ElfLibrary
{
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56, SectionHeaderBytes = 64, DynamicEntryBytes = 16, SymbolBytes = 24, VersionBytes = 16;
    private const ulong Needed = 1, StringTable = 5, SymbolTable = 6, StringTableBytes = 10, SymbolEntryBytes = 11, SoName = 14, RPath = 15, RunPath = 29;
    private const ulong VersionOfSymbol = 0x6ffffff0, VersionsNeeded = 0x6ffffffe, VersionsNeededCount = 0x6fffffff;

    private readonly byte[] _bytes;
    private readonly List<(ulong Address, ulong Offset, ulong Length)> _loaded = new List<(ulong, ulong, ulong)>();
    private readonly List<(ulong Tag, ulong Value)> _dynamic = new List<(ulong, ulong)>();
    private readonly int _strings;
    private readonly int _stringsLength;

    internal ElfLibrary(byte[] bytes)
    {
        _bytes = bytes;
        ReadDynamicSection(ReadHeaders());
        _stringsLength = Count(Dynamic(StringTableBytes), "DT_STRSZ");
        _strings = PositionOf(Dynamic(StringTable), (ulong)_stringsLength, "dynamic string table");
        NameOffsets.AddRange(_dynamic.Where(d => d.Tag == Needed || d.Tag == SoName || d.Tag == RPath || d.Tag == RunPath).Select(d => (uint)d.Value));
        ReadSymbols();
        ReadVersions();
    }

    internal List<ElfSymbol> Symbols { get; } = new List<ElfSymbol>();

    internal List<ElfVersion> Versions { get; } = new List<ElfVersion>();

    /// <summary>Every place of the dynamic string table that some table refers to.</summary>
    internal List<uint> NameOffsets { get; } = new List<uint>();

    internal static InvalidDataException Unexpected(string what) => new InvalidDataException(
        $"libLibTorchSharp.so is not as the patch for older systems knows it: {what}. Restore the TorchSharp package again if the file is damaged; "
        + "if TorchSharp's version changed, revise src/build/LibTorchSharpPatch.cs, or build with -p:PatchLibTorchSharp=false where libstdc++ has "
        + $"{LibTorchSharpPatch.FromVersion}");

    internal int StringPosition(uint offset) => _strings + (int)offset;

    internal void RetargetVersion(ElfVersion from, ElfVersion to)
    {
        Array.Copy(_bytes, to.Position, _bytes, from.Position, 4);
        Array.Copy(_bytes, to.Position + 8, _bytes, from.Position + 8, 4);
    }

    /// <summary>Checks the file header, notes the loaded segments, and returns the dynamic section's extent.</summary>
    private (int Position, int Length) ReadHeaders()
    {
        Require(0, HeaderBytes, "ELF header");
        if (UInt32(0) != 0x464c457f) throw Unexpected("it does not start with the ELF magic");
        if (_bytes[4] != 2 || _bytes[5] != 1) throw Unexpected("it is not 64-bit little-endian ELF");
        if (UInt16(16) != 3 || UInt16(18) != 62) throw Unexpected($"type {UInt16(16)}, machine {UInt16(18)} is no x86-64 shared library (3, 62)");
        // The section headers end the file: checking them finds a truncated one even though the loader would not read that far.
        if (UInt16(58) != SectionHeaderBytes) throw Unexpected($"section headers have {UInt16(58)} bytes");
        Require(UInt64(40), (ulong)UInt16(60) * SectionHeaderBytes, "section header table");
        if (UInt16(54) != ProgramHeaderBytes) throw Unexpected($"program headers have {UInt16(54)} bytes");
        var headers = Require(UInt64(32), (ulong)UInt16(56) * ProgramHeaderBytes, "program header table");

        (int Position, int Length) dynamic = (0, 0);
        for (var i = 0; i < UInt16(56); i++)
        {
            var header = headers + i * ProgramHeaderBytes;
            var type = UInt32(header);
            if (type != 1 && type != 2) continue;
            var (offset, address, length) = (UInt64(header + 8), UInt64(header + 16), UInt64(header + 32));
            var position = Require(offset, length, $"segment {i}");
            if (type == 1) _loaded.Add((address, offset, length));
            else dynamic = (position, (int)length);
        }
        return dynamic.Length > 0 ? dynamic : throw Unexpected("it has no dynamic section");
    }

    private void ReadDynamicSection((int Position, int Length) section)
    {
        for (var i = 0; i < section.Length / DynamicEntryBytes; i++)
        {
            var entry = section.Position + i * DynamicEntryBytes;
            if (UInt64(entry) == 0) return;
            _dynamic.Add((UInt64(entry), UInt64(entry + 8)));
        }
        throw Unexpected("its dynamic section has no end");
    }

    private void ReadSymbols()
    {
        if (Dynamic(SymbolEntryBytes) != SymbolBytes) throw Unexpected($"dynamic symbols have {Dynamic(SymbolEntryBytes)} bytes");
        // No entry tells the number of symbols; linkers put the string table right behind them.
        var (start, end) = (Dynamic(SymbolTable), Dynamic(StringTable));
        if (end <= start || (end - start) % SymbolBytes != 0) throw Unexpected("its string table does not follow its symbol table");
        var table = PositionOf(start, end - start, "dynamic symbol table");
        var count = (int)((end - start) / SymbolBytes);
        var versions = PositionOf(Dynamic(VersionOfSymbol), (ulong)count * 2, "symbol version table");
        for (var i = 1; i < count; i++)
        {
            var position = table + i * SymbolBytes;
            var symbol = new ElfSymbol { NameOffset = UInt32(position), Section = UInt16(position + 6), Version = UInt16(versions + 2 * i) & 0x7fff };
            symbol.Name = Name(symbol.NameOffset);
            Symbols.Add(symbol);
        }
    }

    private void ReadVersions()
    {
        var library = Dynamic(VersionsNeeded);
        for (var remaining = Dynamic(VersionsNeededCount); remaining > 0; remaining--)
        {
            var position = PositionOf(library, VersionBytes, "needed version");
            var name = Name(UInt32(position + 4));
            var version = library + UInt32(position + 8);
            for (int left = UInt16(position + 2); left > 0; left--)
            {
                var entry = PositionOf(version, VersionBytes, "needed version");
                Versions.Add(new ElfVersion { Position = entry, Library = name, Name = Name(UInt32(entry + 8)), Index = UInt16(entry + 6) });
                version += Next(UInt32(entry + 12), left > 1);
            }
            library += Next(UInt32(position + 12), remaining > 1);
        }
    }

    /// <summary>Distance to the next entry of a chain: it must move on while entries are left, so that a damaged chain cannot go in a circle.</summary>
    private static uint Next(uint distance, bool expected) =>
        expected == (distance > 0) ? distance : throw Unexpected("a chain of needed versions is broken");

    private string Name(uint offset)
    {
        if (offset >= _stringsLength) throw Unexpected($"name offset {offset} lies outside its string table of {_stringsLength} bytes");
        var end = Array.IndexOf(_bytes, (byte)0, _strings + (int)offset, _stringsLength - (int)offset);
        if (end < 0) throw Unexpected($"the name at offset {offset} of its string table has no end");
        NameOffsets.Add(offset);
        return Encoding.ASCII.GetString(_bytes, _strings + (int)offset, end - _strings - (int)offset);
    }

    private ulong Dynamic(ulong tag)
    {
        var values = _dynamic.Where(d => d.Tag == tag).ToList();
        return values.Count == 1 ? values[0].Value : throw Unexpected($"dynamic entry 0x{tag:x} occurs {values.Count} times, expected once");
    }

    private int PositionOf(ulong address, ulong length, string what)
    {
        foreach (var segment in _loaded)
        {
            if (address < segment.Address || address - segment.Address > segment.Length) continue;
            var offset = address - segment.Address;
            if (length <= segment.Length - offset) return (int)(segment.Offset + offset);
        }
        throw Unexpected($"its {what} at 0x{address:x} ({length} bytes) lies outside the loaded segments");
    }

    private int Require(ulong offset, ulong length, string what)
    {
        var end = (ulong)_bytes.Length;
        if (offset > end || length > end - offset) throw Unexpected($"its {what} (offset {offset}, {length} bytes) lies outside the file of {end} bytes");
        return (int)offset;
    }

    private static int Count(ulong value, string what) => value <= int.MaxValue ? (int)value : throw Unexpected($"{what} is {value}");

    private ushort UInt16(int position) => BitConverter.ToUInt16(_bytes, position);

    private uint UInt32(int position) => BitConverter.ToUInt32(_bytes, position);

    private ulong UInt64(int position) => BitConverter.ToUInt64(_bytes, position);
}

#if !NET
/// <summary>Writes the patched copy of a library, when forced or when this system's libstdc++ lacks what the library asks for.</summary>
public sealed class PatchLibTorchSharp : Microsoft.Build.Utilities.Task
{
    /// <summary>The library as its package holds it.</summary>
    [Microsoft.Build.Framework.Required]
    public string Library { get; set; }

    /// <summary>Where the patched copy goes; untouched when none is needed.</summary>
    [Microsoft.Build.Framework.Required]
    public string Patched { get; set; }

    /// <summary>Patch without looking at this system, for one that runs elsewhere.</summary>
    public bool Always { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        // A copy left by another system or another setting must not survive, and it may be a hard link: it is replaced, never written through.
        File.Delete(Patched);
        if (!Always && SystemHasFromVersion()) return true;
        try
        {
            var bytes = LibTorchSharpPatch.Apply(File.ReadAllBytes(Library));
            var unfinished = Patched + "." + Guid.NewGuid().ToString("N");
            File.WriteAllBytes(unfinished, bytes);
            File.Move(unfinished, Patched);
            var message = $"Patched libLibTorchSharp.so for a libstdc++ without {LibTorchSharpPatch.FromVersion}.";
            Log.LogMessage(Microsoft.Build.Framework.MessageImportance.High, message);
        }
        catch (InvalidDataException exception)
        {
            Log.LogError($"{Library}: {exception.Message}.");
        }
        return !Log.HasLoggedErrors;
    }

    /// <summary>Asks the dynamic loader itself, so the answer holds for LD_LIBRARY_PATH, ld.so.cache and its other ways alike.</summary>
    private static bool SystemHasFromVersion()
    {
        var library = dlopen("libstdc++.so.6", 1);
        return library != IntPtr.Zero && dlvsym(library, LibTorchSharpPatch.FromSymbol, LibTorchSharpPatch.FromVersion) != IntPtr.Zero;
    }

    [DllImport("libdl.so.2")]
    private static extern IntPtr dlopen(string name, int flags);

    [DllImport("libdl.so.2")]
    private static extern IntPtr dlvsym(IntPtr library, string symbol, string version);
}
#endif
