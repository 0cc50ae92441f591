using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Runs;

/// <summary>
/// What computes a run, as far as its bits depend on it. Equal profiles give equal gradients: the canary shows it, the rest says where a difference comes
/// from. The run's is that of the first device that takes part, and is kept in each of its checkpoints; a device of another one gets no lease.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.NumericProfile")]
public sealed record NumericProfile
{
    /// <summary>The libraries that compute, with their versions.</summary>
    [Id(0)] public required string Library { get; init; }

    /// <summary>The instruction set that they use, or the GPU's architecture.</summary>
    [Id(1)] public required string InstructionSet { get; init; }

    /// <summary>Threads of a device.</summary>
    [Id(2)] public required int ThreadsPerDevice { get; init; }

    /// <summary>What decodes pictures, with its version.</summary>
    [Id(3)] public required string Decoder { get; init; }

    /// <summary>Environment variables that change arithmetic, NAME=VALUE in the order of their names; empty where none is set.</summary>
    [Id(4)] public ImmutableArray<string> Variables { get; init; } = [];

    /// <summary>
    /// SHA-256 of what the device makes of one slot with the weights that the run's seed gives: decoding, augmentation, forward and backward pass. 64
    /// lower-case hexadecimal digits.
    /// </summary>
    [Id(5)] public required string CanarySha256 { get; init; }

    /// <summary>The backends that scaled dot-product attention may choose from; empty in a profile that was made before it was told.</summary>
    [Id(6)] public string Attention { get; init; } = "";

    /// <summary>The version of this program; empty in a profile that was made before it was told.</summary>
    [Id(7)] public string Build { get; init; } = "";

    /// <summary>In what this profile differs from that of a run; empty for the same arithmetic.</summary>
    public ImmutableArray<string> DifferencesFrom(NumericProfile run)
    {
        var differences = ImmutableArray.CreateBuilder<string>();
        Compare("library", Library, run.Library);
        Compare("instruction set", InstructionSet, run.InstructionSet);
        Compare("threads per device", $"{ThreadsPerDevice}", $"{run.ThreadsPerDevice}");
        Compare("picture decoder", Decoder, run.Decoder);
        Compare("environment", Text(Variables), Text(run.Variables));
        if (Attention != "" && run.Attention != "") Compare("backends of attention", Attention, run.Attention);
        // Another build that computes the same may take part, or nobody could update the nodes of a run.
        if (CanarySha256 != run.CanarySha256 && Build != "" && run.Build != "") Compare("build", Build, run.Build);
        // Alone it means that the difference lies in what nobody can name: another maker's processor, say.
        Compare("gradient of the canary slot", CanarySha256, run.CanarySha256);
        return differences.ToImmutable();

        void Compare(string what, string here, string there)
        {
            if (here != there) differences.Add($"{what}: {here} here, {there} in the run");
        }

        static string Text(ImmutableArray<string> variables) => variables.IsEmpty ? "nothing set" : string.Join(' ', variables);
    }
}
