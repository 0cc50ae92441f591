namespace OrleansBlip.Grains.Tests.Training;

/// <summary>The ledgers' specification: each file under Scenarios tells a story, line by line, event and answer.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Files => ScenarioFile.NamesIn("Training", "Scenarios");

    [Theory]
    [MemberData(nameof(Files))]
    public void Scenario_ToldToTheLedger_GivesTheActionsWritten(string file) => ScenarioFile.Check(
        file,
        heading => heading.Split(' ')[0] switch
        {
            "shard" => new ShardScenario(heading),
            "run" => new RunScenario(heading),
            _ => new CoordinatorScenario(heading),
        },
        "Training",
        "Scenarios");
}
