using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Protocol.Runs;
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
        BoundedOptions.Number("--nodes", "Nodes of the job's own. The weights do not depend on it.", 1, 16, 1);

    public static Option<int?> Backups()
    {
        var option = new Option<int?>("--backups") { Description = "Backups of each parameter shard on another node, 0 or 1, which go on where a node is lost; without it 1 for nodes in processes of their own, 0 for those of this process, which are lost together.", HelpName = "N" };
        BoundedOptions.Bound(option, 0, 1);
        return option;
    }

    /// <summary>By what processes of a cluster know each other.</summary>
    public static Option<string?> Certificates() => new("--certificates")
    {
        Description = "Folder of certificates, as 'blip certs create' makes it; with it nodes and this process speak by mutual TLS alone.", HelpName = "DIR",
    };

    public static Option<bool> Resume() => new("--resume") { Description = "Go on from the last checkpoint in the folder of --out." };

    public static Option<string> Recipe()
    {
        var option = new Option<string>("--recipe") { Description = "Sizes and schedules.", HelpName = "NAME", DefaultValueFactory = _ => "small" };
        option.AcceptOnlyFromAmong([.. Recipes.Names]);
        return option;
    }

    public static Option<string> Family()
    {
        var option = new Option<string>("--family") { Description = "What to train: a pre-training, or what is finetuned from one by --init-model.", HelpName = "NAME", DefaultValueFactory = _ => "pretraining" };
        option.AcceptOnlyFromAmong([.. Recipes.Families]);
        return option;
    }

    public static Option<int?> Steps(string name = "--steps", string? of = null)
    {
        var option = new Option<int?>(name) { Description = $"Optimizer steps{(of is null ? "" : $" of {of}")}; those of the recipe without it.", HelpName = "N" };
        BoundedOptions.Bound(option, 1, 100_000_000);
        return option;
    }

    public static Option<GradientPrecision> GradientPrecision()
    {
        var option = new Option<GradientPrecision>("--gradient-precision") { Description = "What sums of gradients are rounded to, wherever they are made: bfloat16 halves the gradients that nodes send each other.", HelpName = "float32|bfloat16" };
        option.AcceptOnlyFromAmong("float32", "bfloat16");
        return option;
    }

    /// <summary>A share between 0 and 1.</summary>
    public static Option<double> Share(string name, string description, double value) => Real(name, description, 0, 1, value, "P");

    /// <summary>A number between two bounds, both inclusive.</summary>
    public static Option<double> Real(string name, string description, double least, double most, double value, string help = "X")
    {
        var option = new Option<double>(name) { Description = description, HelpName = help, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, out var given) && !(given >= least && given <= most))
            {
                result.AddError($"{name} is {given}; give a number from {least} to {most}.");
            }
        });
        return option;
    }

    /// <summary>Checks options against each other, unless one of them cannot be read: the parser tells that.</summary>
    public static void Check(Command command, Action<CommandResult> check) => command.Validators.Add(result =>
    {
        try
        {
            check(result);
        }
        catch (InvalidOperationException)
        {
            // What the library throws where the value of an option is asked for that it cannot convert; the option has its own error.
        }
    });

    /// <summary>What a captioner's captions begin with.</summary>
    public static Option<string> Prompt() => new("--prompt")
    {
        Description = "What captions begin with, in training and when they are written: \"a picture of \" for the published captioners. Of captioners alone.", HelpName = "TEXT", DefaultValueFactory = _ => "",
    };

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
