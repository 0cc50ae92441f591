using OrleansBlip.Cli.Report;
using Spectre.Console;

namespace OrleansBlip.Cli.Results;

/// <summary>The report's table of arms, for a terminal.</summary>
internal static class ArmTable
{
    public static void Print(IAnsiConsole console, ReportContent content)
    {
        var table = new Table().RoundedBorder();
        table.AddColumn("arm");
        foreach (var metric in content.Metrics) table.AddColumn(new TableColumn(Markup.Escape(metric)).RightAligned());
        foreach (var arm in content.Arms)
        {
            table.AddRow([Markup.Escape(arm.Name), .. arm.Values.Select(value => value is null ? "–" : ReportPage.Format(value))]);
        }
        console.Write(table);
        foreach (var difference in content.Differences)
        {
            console.WriteLine($"{difference.Name} in {difference.Metric}: {ReportPage.Format(difference.Estimate, signed: true)}");
        }
    }
}
