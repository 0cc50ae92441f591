using System.CommandLine;

namespace OrleansBlip.Cli.Commands;

/// <summary>The root of the noun-verb grammar, and what every command understands.</summary>
internal sealed class BlipRootCommand : RootCommand
{
    public BlipRootCommand()
        : base("Pre-trains BLIP on a cluster of Orleans silos and cleans its own training data with CapFilt.")
    {
        Add(Json);
        Add(Quiet);
        Add(Verbose);
    }

    /// <summary>One JSON document on stdout instead of text.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document on stdout.", Recursive = true };

    /// <summary>No progress on stderr; errors still go there.</summary>
    public static Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Show no progress.", Recursive = true };

    /// <summary>Warnings of the silos go to stderr, and errors come with their stack traces.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Show the silos' warnings, and where in the program an error arose.", Recursive = true };
}
