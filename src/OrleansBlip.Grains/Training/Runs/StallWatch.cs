using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>Tells a run that hangs from one whose steps are long.</summary>
internal sealed class StallWatch
{
    /// <summary>Nothing hangs before this time.</summary>
    public static readonly TimeSpan PatienceMin = TimeSpan.FromSeconds(30);

    /// <summary>Nor before this many of the longest steps lately.</summary>
    private const double Steps = 10;

    /// <summary>Shards are asked anew after so many times that; at the same step again after twice as long each time, so that one which is only slow comes to its end.</summary>
    private const double AskAnewAfter = 4;

    private (ViewNumber View, StepNumber Step)? _place;
    private double _askAnewAfter = AskAnewAfter;
    private TimeSpan _since, _longest;

    /// <summary>Looks at a run.</summary>
    /// <param name="now">Time since any fixed moment.</param>
    /// <param name="view">Its view.</param>
    /// <param name="step">Its next step.</param>
    /// <param name="awaited">Says what it awaits, null at rest; asked only where it has stood for too long.</param>
    /// <returns>Null where it moves, or is at rest.</returns>
    public Stall? Look(TimeSpan now, ViewNumber view, StepNumber step, Func<string?> awaited)
    {
        if (_place != (view, step))
        {
            // What a longer step once took is forgotten by and by: the first one builds what the others find.
            if (_place is { } before && before.View == view && step > before.Step) _longest = Max((now - _since) / (step.Value - before.Step.Value), _longest * 0.9);
            if (_place?.Step != step) _askAnewAfter = AskAnewAfter;
            (_place, _since) = ((view, step), now);
            return null;
        }
        var (waited, patience) = (now - _since, Max(PatienceMin, _longest * Steps));
        if (waited <= patience || awaited() is not { } what) return null;
        bool isToAskAnew = waited > patience * _askAnewAfter;
        if (isToAskAnew) _askAnewAfter *= 2;
        return new Stall($"For {waited.TotalSeconds:f0} s the run has awaited {what}.", isToAskAnew);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
