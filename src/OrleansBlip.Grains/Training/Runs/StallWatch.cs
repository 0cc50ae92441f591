using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>Tells a run that hangs from one whose steps are long.</summary>
internal sealed class StallWatch
{
    /// <summary>Nothing hangs before this time.</summary>
    public static readonly TimeSpan PatienceMin = TimeSpan.FromSeconds(30);

    /// <summary>Nor before this many of the longest steps lately.</summary>
    private const double Steps = 10;

    private (ViewNumber View, StepNumber Step)? _place;
    private TimeSpan _since, _longest;

    /// <summary>Looks at a run.</summary>
    /// <param name="now">Time since any fixed moment.</param>
    /// <param name="view">Its view.</param>
    /// <param name="step">Its next step.</param>
    /// <param name="awaited">Says what it awaits, null at rest; asked only where it has stood for too long.</param>
    /// <returns>What it awaits and for how long it has, where that is too long; else null.</returns>
    public string? Look(TimeSpan now, ViewNumber view, StepNumber step, Func<string?> awaited)
    {
        if (_place != (view, step))
        {
            // What a longer step once took is forgotten by and by: the first one builds what the others find.
            if (_place is { } before && before.View == view && step > before.Step) _longest = Max((now - _since) / (step.Value - before.Step.Value), _longest * 0.9);
            (_place, _since) = ((view, step), now);
            return null;
        }
        var waited = now - _since;
        return waited > Max(PatienceMin, _longest * Steps) && awaited() is { } what ? $"For {waited.TotalSeconds:f0} s the run has awaited {what}." : null;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
