namespace OrleansBlip.Silo.Tests.Training;

/// <summary>
/// A fact that silences a silo inside the test's own process, where half of the silo lives on. The successor of a dead coordinator has been seen to wait for
/// ever in such a test, so these run only where they are asked for until node deaths are tested on real processes.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeDeathFactAttribute : FactAttribute
{
    private const string Variable = "ORLEANSBLIP_NODE_DEATHS";

    public NodeDeathFactAttribute()
    {
        if (Environment.GetEnvironmentVariable(Variable) != "1") Skip = $"kills a silo within the process and may hang: set {Variable}=1 to run it";
    }
}
