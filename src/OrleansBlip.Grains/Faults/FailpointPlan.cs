using System.Collections.Immutable;
using System.Globalization;

namespace OrleansBlip.Grains.Faults;

/// <summary>Which failpoints are armed, and how often each was passed. Thread-safe.</summary>
internal sealed class FailpointPlan
{
    private const double PauseSecondsMax = 3600;

    private readonly ImmutableArray<(Failpoint Point, FailpointFault Fault, int Passage)> _armed;
    private readonly int[] _passages = new int[Enum.GetValues<Failpoint>().Length];

    private FailpointPlan(ImmutableArray<(Failpoint, FailpointFault, int)> armed) => _armed = armed;

    /// <summary>Whether nothing is armed.</summary>
    public bool IsEmpty => _armed.IsEmpty;

    /// <summary>Reads <c>POINT=kill|throw|pause:SECONDS@N</c>, several with commas between.</summary>
    /// <returns>Null where it cannot be read.</returns>
    public static FailpointPlan? TryParse(string? text, out string? problem)
    {
        problem = null;
        var armed = ImmutableArray.CreateBuilder<(Failpoint, FailpointFault, int)>();
        foreach (string entry in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = entry.Split('=', '@');
            if (parts.Length == 3 && Enum.TryParse(parts[0], out Failpoint point) && Enum.IsDefined(point)
                && FaultOf(parts[1]) is { } fault && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int passage) && passage > 0)
            {
                armed.Add((point, fault, passage));
                continue;
            }
            problem = $"'{entry}' is no POINT=kill|throw|pause:SECONDS@N. The points are {string.Join(", ", Enum.GetNames<Failpoint>())}.";
            return null;
        }
        return new FailpointPlan(armed.ToImmutable());
    }

    /// <summary>Comes by a point once more.</summary>
    /// <returns>What is to happen now; null for nothing.</returns>
    public FailpointFault? Pass(Failpoint point)
    {
        int passage = Interlocked.Increment(ref _passages[(int)point]);
        return _armed.FirstOrDefault(armed => armed.Point == point && armed.Passage == passage).Fault;
    }

    private static FailpointFault? FaultOf(string text) => text.Split(':') switch
    {
        ["kill"] => new FailpointFault.Kill(),
        ["throw"] => new FailpointFault.Throw(),
        ["pause", var seconds] when double.TryParse(seconds, CultureInfo.InvariantCulture, out double value) && value is > 0 and <= PauseSecondsMax =>
            new FailpointFault.Pause(TimeSpan.FromSeconds(value)),
        _ => null,
    };
}
