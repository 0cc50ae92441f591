using System.Net;
using System.Text;

namespace OrleansBlip.Cli.Report;

/// <summary>Draws a <see cref="LineChart"/> as inline SVG. Curves differ in colour and in dashes, and the page's style sheet owns the colours.</summary>
internal static class LineChartSvg
{
    private const int Width = 400, Height = 230, Left = 40, Right = 20, Top = 10, Bottom = 40;
    private const int PointsMax = 600;
    private const double Smoothing = 0.95;

    /// <summary>The chart with its legend and its figures as text.</summary>
    public static string Draw(LineChart chart)
    {
        var finite = chart.Curves.SelectMany(c => c.Points).Where(p => double.IsFinite(p.Y)).ToList();
        if (finite.Count == 0) return $"<p class=\"empty\">{Text(chart.Title)}: nothing was recorded.</p>";

        var (xs, ys) = (AxisTicks.Cover(0, finite.Max(p => p.X), 5), AxisTicks.Cover(Math.Min(0, finite.Min(p => p.Y)), Ceiling(finite), 5));
        double X(double x) => Left + (x - xs[0]) / (xs[^1] - xs[0]) * (Width - Left - Right);
        double Y(double y) => Height - Bottom - (Math.Clamp(y, ys[0], ys[^1]) - ys[0]) / (ys[^1] - ys[0]) * (Height - Top - Bottom);

        var svg = new StringBuilder();
        svg.Append($"<figure class=\"chart\"><figcaption>{Text(chart.Title)}</figcaption>");
        svg.Append($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Text(Describe(chart))}\">");
        foreach (var y in ys)
        {
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):f1}\" y2=\"{Y(y):f1}\"/>");
            svg.Append($"<text class=\"tick\" text-anchor=\"end\" x=\"{Left - 6}\" y=\"{Y(y) + 4:f1}\">{AxisTicks.Format(y)}</text>");
        }
        foreach (var x in xs)
        {
            svg.Append($"<text class=\"tick\" text-anchor=\"middle\" x=\"{X(x):f1}\" y=\"{Height - Bottom + 16}\">{AxisTicks.Format(x)}</text>");
        }
        svg.Append($"<text class=\"tick\" text-anchor=\"middle\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\">{Text(chart.XLabel)}</text>");
        foreach (var (i, curve) in chart.Curves.Index())
        {
            svg.Append($"<path class=\"raw c{i % 6}\" d=\"{Path(CurveReduction.Reduce(curve.Points, PointsMax), X, Y)}\"/>");
            var smooth = CurveReduction.Reduce(CurveReduction.Smooth(curve.Points, Smoothing), PointsMax);
            svg.Append($"<path class=\"curve c{i % 6}\" d=\"{Path(smooth, X, Y)}\"/>");
        }
        svg.Append("</svg><ul class=\"legend\">");
        foreach (var (i, curve) in chart.Curves.Index())
        {
            svg.Append($"<li><svg viewBox=\"0 0 28 8\" aria-hidden=\"true\"><path class=\"curve c{i % 6}\" d=\"M0 4H28\"/></svg>{Text(curve.Name)}</li>");
        }
        return svg.Append("</ul></figure>").ToString();
    }

    /// <summary>The first few values tower above all that follow: the axis ends at the highest 1% or at twice the median, whichever is more.</summary>
    private static double Ceiling(List<CurvePoint> points)
    {
        var sorted = points.Select(p => p.Y).Order().ToList();
        return Math.Max(sorted[(int)(0.99 * (sorted.Count - 1))], Math.Min(sorted[^1], 2 * sorted[sorted.Count / 2]));
    }

    private static string Path(IReadOnlyList<CurvePoint> points, Func<double, double> x, Func<double, double> y)
    {
        var path = new StringBuilder();
        var pen = 'M';
        foreach (var point in points)
        {
            if (double.IsFinite(point.Y)) path.Append($"{pen}{x(point.X):f1} {y(point.Y):f1}");
            pen = double.IsFinite(point.Y) ? 'L' : 'M';
        }
        return path.ToString();
    }

    private static string Describe(LineChart chart)
    {
        var ends = from curve in chart.Curves
                   let finite = CurveReduction.Smooth(curve.Points, Smoothing).Where(p => double.IsFinite(p.Y)).ToList()
                   where finite.Count > 0
                   select $"{curve.Name} goes from {finite[0].Y:f2} to {finite[^1].Y:f2}";
        return $"{chart.Title} over {chart.XLabel}: {string.Join("; ", ends)}.";
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
