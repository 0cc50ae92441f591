using System.Diagnostics;
using System.Globalization;

namespace OrleansBlip.Grains.Faults;

/// <summary>
/// Where tests interfere with a process of their own, by the variable <see cref="Variable"/> and only together with <see cref="TestVariable"/>. Unarmed, as everywhere else, passing a point
/// is a comparison with a constant, which the compiler leaves out.
/// </summary>
public static class Failpoints
{
    /// <summary>The variable that arms points: <c>POINT[/SUBJECT]=kill|throw|pause:SECONDS@N</c>, several with commas between; N is the passage at which it happens, from 1, of those with that subject.</summary>
    public const string Variable = "ORLEANSBLIP_FAILPOINTS";

    /// <summary>The variable that must be 1 for <see cref="Variable"/> to be allowed.</summary>
    public const string TestVariable = "ORLEANSBLIP_TEST";

    private static readonly FailpointPlan? Plan = IsTest && FailpointPlan.TryParse(Environment.GetEnvironmentVariable(Variable), out _) is { IsEmpty: false } plan ? plan : null;

    private static bool IsTest => Environment.GetEnvironmentVariable(TestVariable) == "1";

    /// <summary>Refuses a process whose environment arms points without being a test's, or arms them wrongly.</summary>
    /// <exception cref="ArgumentException">Says which, and what to do.</exception>
    public static void CheckEnvironment() => CheckEnvironment(Environment.GetEnvironmentVariable(Variable), IsTest);

    /// <inheritdoc cref="CheckEnvironment()"/>
    internal static void CheckEnvironment(string? points, bool isTest)
    {
        if (string.IsNullOrEmpty(points)) return;
        if (!isTest) throw new ArgumentException($"{Variable} is set, which makes this process fail on purpose. Unset it; only in a test of faults set {TestVariable}=1 too.");
        if (FailpointPlan.TryParse(points, out string? problem) is null) throw new ArgumentException($"{Variable}: {problem}");
    }

    /// <summary>Comes by a point: nothing happens unless it is armed and this is the passage meant.</summary>
    /// <exception cref="FailpointException">It was told to throw.</exception>
    public static void Pass(Failpoint point)
    {
        if (Plan is null || Plan.Pass(point) is not { } fault) return;
        Happen(point, fault);
    }

    /// <summary>Comes by <see cref="Failpoint.SampleTaken"/> with each of some samples, whose ids are the subjects.</summary>
    /// <exception cref="FailpointException">It was told to throw.</exception>
    public static void Pass(ReadOnlySpan<long> samples)
    {
        if (Plan is null) return;
        foreach (long sample in samples)
            if (Plan.Pass(Failpoint.SampleTaken, sample.ToString(CultureInfo.InvariantCulture)) is { } fault) Happen(Failpoint.SampleTaken, fault);
    }

    private static void Happen(Failpoint point, FailpointFault fault)
    {
        Console.Error.WriteLine($"failpoint {point}: {fault}");
        switch (fault)
        {
            case FailpointFault.Kill:
                using (var self = Process.GetCurrentProcess()) self.Kill();
                break;
            case FailpointFault.Pause { Duration: var duration }:
                // The thread itself is to stand still, as one that the system does not schedule would.
                using (var never = new ManualResetEventSlim()) never.Wait(duration);
                break;
            case FailpointFault.Throw:
                throw new FailpointException(point);
        }
    }
}
