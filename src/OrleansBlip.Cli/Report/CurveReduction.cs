using System.Collections.Immutable;

namespace OrleansBlip.Cli.Report;

/// <summary>Makes long, noisy curves fit to draw.</summary>
internal static class CurveReduction
{
    /// <summary>At most about <paramref name="pointsMax"/> points: of each stretch the lowest and the highest, so that no spike is lost.</summary>
    public static IReadOnlyList<CurvePoint> Reduce(ImmutableArray<CurvePoint> points, int pointsMax)
    {
        if (points.Length <= pointsMax) return points;
        var stretches = pointsMax / 2;
        var reduced = new List<CurvePoint>(pointsMax);
        for (var i = 0; i < stretches; i++)
        {
            var (from, to) = ((int)((long)i * points.Length / stretches), (int)((long)(i + 1) * points.Length / stretches));
            var (low, high) = (from, from);
            for (var j = from + 1; j < to; j++)
            {
                // A value that is not finite wins and stays: a curve that broke must be seen to break.
                if (points[j].Y < points[low].Y || !double.IsFinite(points[j].Y)) low = j;
                if (points[j].Y > points[high].Y) high = j;
            }
            reduced.Add(points[Math.Min(low, high)]);
            if (low != high) reduced.Add(points[Math.Max(low, high)]);
        }
        return reduced;
    }

    /// <summary>Exponential moving average with its start corrected; <paramref name="weight"/> of the past, 0 to below 1.</summary>
    public static ImmutableArray<CurvePoint> Smooth(ImmutableArray<CurvePoint> points, double weight)
    {
        var (mean, total) = (0.0, 0.0);
        var smooth = ImmutableArray.CreateBuilder<CurvePoint>(points.Length);
        foreach (var point in points)
        {
            if (double.IsFinite(point.Y)) (mean, total) = (weight * mean + (1 - weight) * point.Y, weight * total + (1 - weight));
            smooth.Add(point with { Y = double.IsFinite(point.Y) ? mean / total : point.Y });
        }
        return smooth.MoveToImmutable();
    }
}
