namespace OrleansBlip.Cli.Jobs.Arms;

/// <summary>What is measured with each seed, and where.</summary>
internal sealed record ArmsPlan
{
    /// <summary>The world, and where models and scores go.</summary>
    public required DemoPaths Paths { get; init; }

    /// <summary>Names of the arms, in the order of <see cref="Arm.All"/>.</summary>
    public required IReadOnlyList<string> Arms { get; init; }

    /// <summary>Whether each arm is scored also after the same finetuning on <c>clean</c>.</summary>
    public required bool IsFinetuned { get; init; }

    /// <summary>Backups of each parameter shard, 0 or 1.</summary>
    public int Backups { get; init; }

    /// <summary>The least ITM probability that a text is kept with.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Rounds of CapFilt that the arms need.</summary>
    public int Rounds => Arms.Contains(Arm.RoundTwo) ? 2 : 1;
}
