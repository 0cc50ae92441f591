using OrleansBlip.Chaos.Schedules;

namespace OrleansBlip.Chaos.Rows;

/// <summary>A row of the fault catalogue as a schedule.</summary>
/// <param name="Name">The row's number and what happens.</param>
/// <param name="Schedule">How.</param>
internal sealed record Row(string Name, Schedule Schedule);
