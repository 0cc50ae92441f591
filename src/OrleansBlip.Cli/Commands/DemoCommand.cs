using System.Collections.Immutable;
using System.CommandLine;
using OrleansBlip.Cli.Jobs.Arms;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>demo</c>: the whole loop on the embedded data set, from noisy pairs to a bootstrapped model.</summary>
internal static class DemoCommand
{
    /// <summary>Every arm, in the order of the report's table.</summary>
    public static ImmutableArray<string> Arms { get; } = [.. Arm.All.Select(arm => arm.Name)];

    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<DemoRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var (folder, seed, nodes, resume) = (JobOptions.Out("demo-out"), JobOptions.Seed(), JobOptions.Nodes(), JobOptions.Resume());
        var (device, backups) = (TorchDevices.Option(), JobOptions.Backups());
        var seeds = BoundedOptions.Number("--seeds", "Seeds to run, from --seed on.", 1, 100, 1);
        var arms = new Option<string>("--arms") { Description = $"Arms to compare: all, or some of {string.Join(',', Arms)}.", HelpName = "LIST" };
        arms.DefaultValueFactory = _ => "none,both";
        var finetuned = new Option<bool>("--finetuned") { Description = "Score each arm also after the same finetuning on clean pairs; --arms all does." };
        arms.Validators.Add(result =>
        {
            var unknown = result.Tokens.SelectMany(t => Split(t.Value)).Except(Arms).Where(name => name != "all").ToList();
            if (unknown.Count > 0) result.AddError($"--arms knows no '{unknown[0]}'; give all, or some of {string.Join(',', Arms)}.");
        });
        var command = new Command("demo", "Pre-train, bootstrap and compare on the embedded data set, in minutes.")
        {
            folder, seed, seeds, nodes, backups, device, arms, finetuned, resume,
        };
        var cluster = ClusterChoice.AddOptions(command);
        command.SetAction((result, cancellation) =>
        {
            var names = Split(result.GetValue(arms)!).ToHashSet();
            var request = new DemoRequest
            {
                Out = result.GetValue(folder)!.FullName,
                Seed = result.GetValue(seed),
                Seeds = result.GetValue(seeds),
                Nodes = result.GetValue(nodes),
                Backups = result.GetValue(backups) ?? cluster(result).BackupsByDefault,
                Cluster = cluster(result),
                Arms = [.. Arms.Where(a => names.Contains("all") || names.Contains(a))],
                IsFinetuned = result.GetValue(finetuned) || names.Contains("all"),
                Device = result.GetValue(device),
                Resume = result.GetValue(resume),
            };
            return run(request, JobConsole.For(result), cancellation);
        });
        return command;
    }

    private static IEnumerable<string> Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
