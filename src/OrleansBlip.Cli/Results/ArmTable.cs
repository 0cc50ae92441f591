using OrleansBlip.Cli.Report;
using Spectre.Console;

namespace OrleansBlip.Cli.Results;

/// <summary>The report's table of arms, for a terminal: an arm a column, since a terminal is narrow and arms are fewer than their scores.</summary>
internal static class ArmTable
{
    public static void Print(IAnsiConsole console, ReportContent content)
    {
        var table = new Table().RoundedBorder();
        table.AddColumn("");
        foreach (var arm in content.Arms) table.AddColumn(new TableColumn(Markup.Escape(arm.Name)).RightAligned());
        for (var i = 0; i < content.Metrics.Length; i++)
        {
            table.AddRow([Markup.Escape(content.Metrics[i]), .. content.Arms.Select(arm => arm.Values[i] is { } value ? ReportPage.Format(new Estimate(value.Value)) : "–")]);
        }
        console.Write(table);
        foreach (var difference in content.Differences)
        {
            console.WriteLine($"{difference.Name} in {difference.Metric}: {ReportPage.Format(difference.Estimate, signed: true)}");
        }
    }
}
