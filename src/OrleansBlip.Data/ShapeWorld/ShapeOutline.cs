namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// The ten outlines in the square [−1, 1]², v pointing down. Only +, −, × and comparisons of doubles: the same verdict on every machine.
/// </summary>
internal static class ShapeOutline
{
    private const double StarInnerRadius = 0.45;

    // Corners of the star at 36° steps from the top, every second one on the inner circle.
    private static readonly (double U, double V)[] Star =
    [
        (0, -1), (0.5877852522924731 * StarInnerRadius, -0.8090169943749475 * StarInnerRadius),
        (0.9510565162951535, -0.3090169943749474), (0.9510565162951535 * StarInnerRadius, 0.3090169943749474 * StarInnerRadius),
        (0.5877852522924731, 0.8090169943749475), (0, StarInnerRadius),
        (-0.5877852522924731, 0.8090169943749475), (-0.9510565162951535 * StarInnerRadius, 0.3090169943749474 * StarInnerRadius),
        (-0.9510565162951535, -0.3090169943749474), (-0.5877852522924731 * StarInnerRadius, -0.8090169943749475 * StarInnerRadius),
    ];

    public static bool Contains(ShapeKind shape, double u, double v)
    {
        var (absU, absV) = (Math.Abs(u), Math.Abs(v));
        if (absU > 1 || absV > 1)
            return false;
        var square = u * u + v * v;
        return shape switch
        {
            ShapeKind.Circle => square <= 1,
            ShapeKind.Square => absU <= 0.88 && absV <= 0.88,
            ShapeKind.Triangle => v <= 0.9 && absU * 1.9 <= v + 1,
            ShapeKind.Diamond => absU * 1.35 + absV <= 1,
            ShapeKind.Star => IsInsideStar(u, v),
            ShapeKind.Cross => absU <= 0.32 || absV <= 0.32,
            ShapeKind.Ring => square is <= 1 and >= 0.55 * 0.55,
            ShapeKind.Heart => IsInsideHeart(absU, v),
            ShapeKind.Moon => square <= 1 && (u - 0.6) * (u - 0.6) + v * v >= 0.8 * 0.8,
            ShapeKind.Hourglass => absV <= 0.95 && absU <= 0.1 + 0.85 * absV,
            _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "This shape has no outline."),
        };
    }

    // Two discs, and the wedge below that touches them.
    private static bool IsInsideHeart(double absU, double v) =>
        (absU - 0.48) * (absU - 0.48) + (v + 0.42) * (v + 0.42) <= 0.52 * 0.52 || (v >= -0.3 && absU <= 0.78 * (0.95 - v));

    // A ray to the right crosses the outline an odd number of times from inside.
    private static bool IsInsideStar(double u, double v)
    {
        var isInside = false;
        for (int i = 0, j = Star.Length - 1; i < Star.Length; j = i++)
        {
            var (a, b) = (Star[i], Star[j]);
            if (a.V > v != b.V > v && u < (b.U - a.U) * (v - a.V) / (b.V - a.V) + a.U)
                isInside = !isInside;
        }
        return isInside;
    }
}
