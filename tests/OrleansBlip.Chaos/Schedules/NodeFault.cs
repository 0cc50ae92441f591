using System.Globalization;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>What is wrong with a node from its start.</summary>
/// <param name="Failpoints">As the variable that arms them has it; null for none.</param>
/// <param name="ClockHours">By how much its clock is ahead.</param>
internal sealed record NodeFault(string? Failpoints = null, int ClockHours = 0)
{
    /// <summary>Nothing.</summary>
    public static NodeFault None { get; } = new();

    /// <summary>For the schedule's line; empty for nothing.</summary>
    public override string ToString() =>
        string.Join(" ", new[] { Failpoints, ClockHours == 0 ? null : ClockHours.ToString("clock+0h;clock-0h", CultureInfo.InvariantCulture) }.OfType<string>());
}
