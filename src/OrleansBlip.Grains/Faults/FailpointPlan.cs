using System.Collections.Immutable;
using System.Globalization;

namespace OrleansBlip.Grains.Faults;

/// <summary>Which failpoints are armed, and how often each was passed. Thread-safe.</summary>
internal sealed class FailpointPlan
{
    private const double PauseSecondsMax = 3600;

    private readonly ImmutableArray<Entry> _armed;
    private readonly int[] _passages;

    private FailpointPlan(ImmutableArray<Entry> armed) => (_armed, _passages) = (armed, new int[armed.Length]);

    /// <summary>Whether nothing is armed.</summary>
    public bool IsEmpty => _armed.IsEmpty;

    /// <summary>Reads <c>POINT[/SUBJECT]=kill|throw|pause:SECONDS@N</c>, several with commas between.</summary>
    /// <returns>Null where it cannot be read.</returns>
    public static FailpointPlan? TryParse(string? text, out string? problem)
    {
        problem = null;
        var armed = ImmutableArray.CreateBuilder<Entry>();
        foreach (string entry in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = entry.Split('=', '@');
            string[] place = parts[0].Split('/', 2);
            if (parts.Length == 3 && Enum.TryParse(place[0], out Failpoint point) && Enum.IsDefined(point)
                && FaultOf(parts[1]) is { } fault && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int passage) && passage > 0)
            {
                armed.Add(new Entry(point, place.ElementAtOrDefault(1), fault, passage));
                continue;
            }
            problem = $"'{entry}' is no POINT[/SUBJECT]=kill|throw|pause:SECONDS@N. The points are {string.Join(", ", Enum.GetNames<Failpoint>())}.";
            return null;
        }
        return new FailpointPlan(armed.ToImmutable());
    }

    /// <summary>Comes by a point once more.</summary>
    /// <param name="point">The point.</param>
    /// <param name="subject">What it is passed with; null where it is always the same.</param>
    /// <returns>What is to happen now; null for nothing.</returns>
    public FailpointFault? Pass(Failpoint point, string? subject = null)
    {
        FailpointFault? fault = null;
        for (int i = 0; i < _armed.Length; i++)
        {
            if (_armed[i].Point != point || (_armed[i].Subject is { } meant && meant != subject)) continue;
            if (Interlocked.Increment(ref _passages[i]) == _armed[i].Passage) fault ??= _armed[i].Fault;
        }
        return fault;
    }

    private static FailpointFault? FaultOf(string text) => text.Split(':') switch
    {
        ["kill"] => new FailpointFault.Kill(),
        ["throw"] => new FailpointFault.Throw(),
        ["pause", var seconds] when double.TryParse(seconds, CultureInfo.InvariantCulture, out double value) && value is > 0 and <= PauseSecondsMax =>
            new FailpointFault.Pause(TimeSpan.FromSeconds(value)),
        _ => null,
    };

    /// <summary>An armed point.</summary>
    private sealed record Entry(Failpoint Point, string? Subject, FailpointFault Fault, int Passage);
}
