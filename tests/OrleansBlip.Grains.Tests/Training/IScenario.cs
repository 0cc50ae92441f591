namespace OrleansBlip.Grains.Tests.Training;

/// <summary>One side of the protocol as a scenario file addresses it.</summary>
internal interface IScenario
{
    /// <summary>Feeds the event that a line names to the ledger and says what came of it, one line each.</summary>
    IReadOnlyList<string> Tell(string line);
}
