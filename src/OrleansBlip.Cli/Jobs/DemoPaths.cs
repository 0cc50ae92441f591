namespace OrleansBlip.Cli.Jobs;

/// <summary>Where the demo's results lie.</summary>
internal sealed record DemoPaths(string Root)
{
    public string World => Path.Combine(Root, "world");

    public string Web => Path.Combine(World, "web");

    public string Clean => Path.Combine(World, "clean");

    public string Vocabulary => Path.Combine(Root, "vocab.txt");

    public string Report => Path.Combine(Root, "report.html");

    /// <summary>How the trainings went.</summary>
    public string Log => Path.Combine(Root, "trainings.jsonl");

    /// <summary>All of one seed's models and data sets, laid out as a CapFilt job lays them.</summary>
    public string Seed(long seed) => Path.Combine(Root, $"seed-{seed}");

    /// <summary>The pairs of a control arm that no CapFilt job publishes.</summary>
    public string Oracle => Path.Combine(Root, "oracle");

    /// <summary>A further arm's checkpoints and model.</summary>
    public string Arm(long seed, string arm) => Path.Combine(Seed(seed), "trained", arm);

    /// <summary>An arm's scores.</summary>
    public string Scores(long seed, string arm) => Path.Combine(Seed(seed), "scores", arm);
}
