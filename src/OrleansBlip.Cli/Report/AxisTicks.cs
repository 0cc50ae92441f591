namespace OrleansBlip.Cli.Report;

/// <summary>Round numbers along an axis: steps of 1, 2 or 5 times a power of ten.</summary>
internal static class AxisTicks
{
    /// <summary>About <paramref name="count"/> ticks that cover <paramref name="low"/> to <paramref name="high"/>, at least two.</summary>
    public static IReadOnlyList<double> Cover(double low, double high, int count)
    {
        if (high <= low) high = low + (low == 0 ? 1 : Math.Abs(low));
        var rough = (high - low) / count;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 5, 10 }.Select(m => m * power).First(s => s >= rough * 0.999);
        var first = Math.Floor(low / step + 1e-9);
        var last = Math.Ceiling(high / step - 1e-9);
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    /// <summary>A tick's text: thousands as k, millions as M, no needless zeros.</summary>
    public static string Format(double tick) => tick switch
    {
        < 0 => $"−{Format(-tick)}",
        >= 1e6 => $"{tick / 1e6:0.##}M",
        >= 1e3 => $"{tick / 1e3:0.##}k",
        _ => $"{tick:0.####}",
    };
}
