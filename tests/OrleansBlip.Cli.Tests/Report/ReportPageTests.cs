using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansBlip.Cli.Report;

namespace OrleansBlip.Cli.Tests.Report;

public sealed class ReportPageTests
{
    private readonly string _page = ReportPage.Render(SampleReport.Create());

    [Fact]
    public void Render_Content_NeedsNothingFromElsewhere()
    {
        Assert.DoesNotMatch(new Regex("(src|href)=\"(?!data:)"), _page);
        Assert.DoesNotContain("@import", _page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", _page, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Content_IsWellFormed() => Assert.NotNull(Body());

    [Fact]
    public void Render_TextsWithMarkup_AreEscaped()
    {
        Assert.DoesNotContain("<b>sale</b>", _page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;sale&lt;/b&gt;", _page, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Verdicts_HaveAnIconAndAWord()
    {
        var badges = Body().Descendants("span").Where(s => (string?)s.Attribute("class") is "badge good" or "badge bad").Select(s => s.Value).ToList();
        Assert.Contains("✓ kept", badges);
        Assert.Contains("✗ rejected", badges);
        Assert.Contains("✓ clear", badges);
        Assert.Contains("✗ not shown", badges);
    }

    [Fact]
    public void Render_PicturesAndCharts_HaveATextAlternative()
    {
        var body = Body();
        Assert.All(body.Descendants("img"), img => Assert.NotEqual("", (string?)img.Attribute("alt") ?? ""));
        Assert.All(body.Descendants("svg"), svg => Assert.True(svg.Attribute("aria-label") is not null || (string?)svg.Attribute("aria-hidden") == "true"));
        Assert.Contains("ITC over samples: none goes from ", _page, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Arms_MarksTheBestOfEachColumn()
    {
        var best = Body().Descendants("strong").Select(s => s.Value);
        Assert.Equal(["41.3 (39.0 to 43.5)", "88.0"], best.Order());
    }

    [Fact]
    public void Render_EmptyContent_IsAPage()
    {
        var page = ReportPage.Render(new ReportContent { Title = "t", Summary = "s" });
        Assert.DoesNotContain("<section>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3.25, null, null, false, "3.2")]
    [InlineData(3.0, 1.0, 5.0, true, "+3.0 (+1.0 to +5.0)")]
    [InlineData(-3.0, -5.0, -1.0, true, "−3.0 (−5.0 to −1.0)")]
    public void Format_Estimate_ShowsItsInterval(double value, double? low, double? high, bool signed, string expected) =>
        Assert.Equal(expected, ReportPage.Format(new Estimate(value, low, high), signed));

    private XElement Body()
    {
        var html = _page[_page.IndexOf("<main>", StringComparison.Ordinal)..(_page.IndexOf("</main>", StringComparison.Ordinal) + "</main>".Length)];
        return XElement.Parse(Regex.Replace(html, "<img ([^>]*)>", "<img $1/>"));
    }
}
