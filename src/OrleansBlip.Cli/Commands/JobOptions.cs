using System.CommandLine;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>Options that several jobs share, made anew for each command.</summary>
internal static class JobOptions
{
    public static Option<DirectoryInfo> Out(string folder) => new("--out", "-o")
    {
        Description = $"Folder for results and checkpoints.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo(folder),
    };

    public static Option<long> Seed() => new("--seed") { Description = "Seed of everything that is drawn.", HelpName = "N", DefaultValueFactory = _ => 1 };

    public static Option<int> Nodes() =>
        BoundedOptions.Number("--nodes", "Silos to run in this process. The weights do not depend on it.", 1, 16, 1);

    public static Option<bool> Resume() => new("--resume") { Description = "Go on from the last checkpoint in the folder of --out." };

    public static Option<string> Recipe()
    {
        var option = new Option<string>("--recipe") { Description = "Sizes and schedules.", HelpName = "NAME", DefaultValueFactory = _ => "small" };
        option.AcceptOnlyFromAmong([.. Recipes.Names]);
        return option;
    }

    /// <summary>A share between 0 and 1.</summary>
    public static Option<double> Share(string name, string description, double value)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "P", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, out var given) && given is not (>= 0 and <= 1))
            {
                result.AddError($"{name} is {given}; give a number from 0 to 1.");
            }
        });
        return option;
    }

    /// <summary>The words of a run.</summary>
    public static Option<FileInfo> Vocabulary() => new("--vocabulary")
    {
        Description = "WordPiece vocabulary; without it that of --init-text, or else one is trained on the data.", HelpName = "FILE",
    };

    /// <summary>Where a user's pairs are: one or more sets.</summary>
    public static Argument<string[]> Data() => new("data")
    {
        Description = "Folder or pattern of WebDataset shards, BLIP JSON list, VisDial JSON, or folder of pictures with .txt captions.", Arity = ArgumentArity.OneOrMore,
    };
}
