using OrleansBlip.Grains.Tests.Training;

namespace OrleansBlip.Grains.Tests.Bootstrapping;

/// <summary>The job ledger's specification: each file under Scenarios tells a story, line by line, event and answer.</summary>
public sealed class BootstrapScenarioTests
{
    public static TheoryData<string> Files => ScenarioFile.NamesIn("Bootstrapping", "Scenarios");

    [Theory]
    [MemberData(nameof(Files))]
    public void Scenario_ToldToTheLedger_GivesTheActionsWritten(string file) => ScenarioFile.Check(file, heading => new BootstrapScenario(heading), "Bootstrapping", "Scenarios");
}
