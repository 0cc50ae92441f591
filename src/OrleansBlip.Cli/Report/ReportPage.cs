using System.Net;
using System.Text;

namespace OrleansBlip.Cli.Report;

/// <summary>Writes a report as one HTML file that needs nothing else: style, charts and pictures are inside.</summary>
internal static class ReportPage
{
    /// <summary>The page.</summary>
    public static string Render(ReportContent content)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append($"<title>{Text(content.Title)}</title>\n<style>\n{ReportStyle.Css}</style>\n</head>\n<body>\n<main>\n");
        page.Append($"<h1>{Text(content.Title)}</h1>\n<p class=\"summary\">{Text(content.Summary)}</p>\n");
        AppendFacts(page, content);
        AppendArms(page, content);
        AppendDifferences(page, content);
        if (content.Charts.Length > 0)
        {
            page.Append("<section>\n<h2>Losses</h2>\n<p>Bold: a moving average. Faint: each record.</p>\n<div class=\"charts\">\n");
            foreach (var chart in content.Charts) page.Append(LineChartSvg.Draw(chart)).Append('\n');
            page.Append("</div>\n</section>\n");
        }
        AppendGallery(page, content);
        if (content.Notes.Length > 0)
        {
            page.Append("<section>\n<h2>Notes</h2>\n");
            foreach (var note in content.Notes) page.Append($"<p>{Text(note)}</p>\n");
            page.Append("</section>\n");
        }
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    /// <summary><c>42.1</c>, or with its interval <c>42.1 (40.0 to 44.2)</c>.</summary>
    internal static string Format(Estimate estimate, bool signed = false)
    {
        string Number(double value) => signed && value > 0 ? $"+{value:f1}" : value < 0 ? $"−{-value:f1}" : $"{value:f1}";
        return estimate is { Low: { } low, High: { } high } ? $"{Number(estimate.Value)} ({Number(low)} to {Number(high)})" : Number(estimate.Value);
    }

    private static void AppendFacts(StringBuilder page, ReportContent content)
    {
        if (content.Facts.Length == 0) return;
        page.Append("<dl class=\"facts\">\n");
        foreach (var fact in content.Facts) page.Append($"<div><dt>{Text(fact.Name)}</dt><dd>{Text(fact.Value)}</dd></div>\n");
        page.Append("</dl>\n");
    }

    private static void AppendArms(StringBuilder page, ReportContent content)
    {
        if (content.Arms.Length == 0) return;
        page.Append("<section>\n<h2>Arms</h2>\n<div class=\"wide\"><table>\n");
        page.Append("<caption>Test scores, with 95% intervals of those that are means over pictures; the best of a column is bold.</caption>\n");
        page.Append("<thead><tr><th scope=\"col\">Arm</th><th scope=\"col\">Trained on</th>");
        foreach (var metric in content.Metrics) page.Append($"<th scope=\"col\" class=\"number\">{Text(metric)}</th>");
        page.Append("</tr></thead>\n<tbody>\n");
        foreach (var arm in content.Arms)
        {
            page.Append($"<tr><th scope=\"row\">{Text(arm.Name)}</th><td>{Text(arm.Data)}</td>");
            for (var i = 0; i < content.Metrics.Length; i++)
            {
                var best = content.Arms.Max(a => a.Values[i]?.Value);
                var (open, close) = content.Arms.Length > 1 && arm.Values[i] is { } e && e.Value == best ? ("<strong>", "</strong>") : ("", "");
                page.Append($"<td class=\"number\">{open}{(arm.Values[i] is { } estimate ? Format(estimate) : "–")}{close}</td>");
            }
            page.Append("</tr>\n");
        }
        page.Append("</tbody></table></div>\n</section>\n");
    }

    private static void AppendDifferences(StringBuilder page, ReportContent content)
    {
        if (content.Differences.Length == 0) return;
        page.Append("<section>\n<h2>Differences</h2>\n").Append(DifferenceSvg.Draw(content.Differences));
        page.Append("\n<div class=\"wide\"><table>\n");
        page.Append("<caption>A difference is clear when its whole 95% interval lies above zero, and it is as large as it must be.</caption>\n<thead><tr><th scope=\"col\">Arms</th>");
        page.Append("<th scope=\"col\">In</th><th scope=\"col\" class=\"number\">Points</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n");
        foreach (var difference in content.Differences)
        {
            var clear = difference.Estimate.Low > 0 && difference.Estimate.Value >= (difference.PointsMin ?? 0);
            var verdict = clear ? Badge(true, "clear") : difference.PointsMin is not null ? Badge(false, "not shown") : "<span class=\"score\">for information</span>";
            page.Append($"<tr><th scope=\"row\">{Text(difference.Name)}</th><td>{Text(difference.Metric)}</td>");
            page.Append($"<td class=\"number\">{Format(difference.Estimate, signed: true)}</td><td>{verdict}</td></tr>\n");
        }
        page.Append("</tbody></table></div>\n</section>\n");
    }

    private static void AppendGallery(StringBuilder page, ReportContent content)
    {
        if (content.Gallery.Length == 0) return;
        page.Append("<section>\n<h2>What the filter kept and rejected</h2>\n<ul class=\"gallery\">\n");
        foreach (var (number, picture) in content.Gallery.Index())
        {
            var image = Convert.ToBase64String(picture.Image.Span);
            page.Append($"<li><img alt=\"Picture {number + 1}\" src=\"data:{Text(picture.MediaType)};base64,{image}\"><div>");
            foreach (var text in picture.Texts)
            {
                var truth = text.IsTrue switch { true => ", true", false => ", untrue", null => "" };
                page.Append($"<p class=\"{(text.IsKept ? "kept" : "rejected")}\"><span class=\"source\">{Text(text.Source)}</span> “{Text(text.Text)}”");
                page.Append($"<span class=\"verdict\">{Badge(text.IsKept, text.IsKept ? "kept" : "rejected")} ");
                page.Append($"<span class=\"score\">{text.Score:f2}{truth}</span></span></p>");
            }
            page.Append("</div></li>\n");
        }
        page.Append("</ul>\n</section>\n");
    }

    /// <summary>Green or red, and never by colour alone: an icon and a word go with it.</summary>
    private static string Badge(bool good, string word) =>
        $"<span class=\"badge {(good ? "good" : "bad")}\"><span aria-hidden=\"true\">{(good ? "✓" : "✗")}</span> {word}</span>";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
