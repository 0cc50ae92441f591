using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace OrleansBlip.Cli.Report;

/// <summary>Draws differences between arms as points with whiskers around a line at zero.</summary>
internal static class DifferenceSvg
{
    private const int Width = 640, Left = 160, Right = 180, RowHeight = 30, Bottom = 26;

    public static string Draw(ImmutableArray<ArmDifference> differences)
    {
        var ends = differences.SelectMany(d => new[] { d.Estimate.Value, d.Estimate.Low ?? d.Estimate.Value, d.Estimate.High ?? d.Estimate.Value, 0 }).ToList();
        var ticks = AxisTicks.Cover(ends.Min(), ends.Max(), 6);
        double X(double x) => Left + (x - ticks[0]) / (ticks[^1] - ticks[0]) * (Width - Left - Right);
        var bottom = differences.Length * RowHeight;

        var svg = new StringBuilder();
        svg.Append($"<svg class=\"differences\" viewBox=\"0 0 {Width} {bottom + Bottom}\" role=\"img\" ");
        svg.Append("aria-label=\"Differences between arms; the table gives the figures.\">");
        foreach (var tick in ticks)
        {
            svg.Append($"<line class=\"{(tick == 0 ? "zero" : "grid")}\" x1=\"{X(tick):f1}\" x2=\"{X(tick):f1}\" y1=\"0\" y2=\"{bottom}\"/>");
            svg.Append($"<text class=\"tick\" text-anchor=\"middle\" x=\"{X(tick):f1}\" y=\"{bottom + 16}\">{AxisTicks.Format(tick)}</text>");
        }
        foreach (var (row, difference) in differences.Index())
        {
            var (y, estimate) = (row * RowHeight + RowHeight / 2, difference.Estimate);
            svg.Append($"<text class=\"label\" text-anchor=\"end\" x=\"{Left - 10}\" y=\"{y + 4}\">{WebUtility.HtmlEncode(difference.Name)}</text>");
            if (estimate is { Low: { } low, High: { } high })
            {
                svg.Append($"<path class=\"whisker\" d=\"M{X(low):f1} {y}H{X(high):f1}M{X(low):f1} {y - 5}v10M{X(high):f1} {y - 5}v10\"/>");
            }
            svg.Append($"<circle class=\"point\" cx=\"{X(estimate.Value):f1}\" cy=\"{y}\" r=\"5\"/>");
            svg.Append($"<text class=\"label\" x=\"{Width - Right + 10}\" y=\"{y + 4}\">{ReportPage.Format(estimate, signed: true)}</text>");
        }
        return svg.Append("</svg>").ToString();
    }
}
