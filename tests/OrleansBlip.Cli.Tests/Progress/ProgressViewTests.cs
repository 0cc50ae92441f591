using Microsoft.Extensions.Time.Testing;
using OrleansBlip.Cli.Progress;
using Spectre.Console;

namespace OrleansBlip.Cli.Tests.Progress;

public sealed class ProgressViewTests
{
    private static readonly PhaseProgress Start = new() { Phase = "pre-train none", Step = 0, StepCount = 3000, SamplesPerStep = 32 };
    private static readonly PhaseProgress Middle = Start with
    {
        Step = 1200, SamplesPerSecond = 800, ContrastiveLoss = 1.5, MatchingLoss = 0.25, LanguageModellingLoss = 2,
    };

    private readonly StringWriter _writer = new();

    [Fact]
    public void PhaseProgress_Speed_GivesTheTimeLeft()
    {
        Assert.Equal(TimeSpan.FromSeconds(72), Middle.Remaining);
        Assert.Equal("800 samples/s, 1:12 left", Middle.SpeedText);
        Assert.Equal("itc 1.500 itm 0.250 lm 2.000", Middle.LossText);
        Assert.Equal("", Start.SpeedText + Start.LossText);
    }

    [Fact]
    public async Task LineView_ManyReports_WritesStartEndAndEveryTenSeconds()
    {
        var clock = new FakeTimeProvider();
        await using var view = new LineProgressView(_writer, clock);
        view.Report(Start);
        view.Report(Middle with { Step = 1 });
        clock.Advance(TimeSpan.FromSeconds(10));
        view.Report(Middle);
        view.Report(Middle with { Step = 3000 });
        view.Note("kept 11,000 of 20,000 web texts");

        Assert.Equal(
            [
                "pre-train none: 0/3000",
                "pre-train none: 1200/3000  itc 1.500 itm 0.250 lm 2.000  800 samples/s, 1:12 left",
                "pre-train none: 3000/3000  itc 1.500 itm 0.250 lm 2.000  800 samples/s, 0:00 left",
                "kept 11,000 of 20,000 web texts",
            ],
            _writer.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task TerminalView_Reports_ShowsPhasesLossesAndTimeLeft()
    {
        await using (var view = new TerminalProgressView(Console(AnsiSupport.Yes, InteractionSupport.Yes)))
        {
            view.Report(Middle);
            view.Report(Middle with { Phase = "caption [web]", LanguageModellingLoss = null });
        }
        var text = _writer.ToString();
        Assert.Contains("pre-train none", text, StringComparison.Ordinal);
        Assert.Contains("caption [web]", text, StringComparison.Ordinal);
        Assert.Contains("1200/3000", text, StringComparison.Ordinal);
        Assert.Contains("itc 1.500 itm 0.250 lm 2.000", text, StringComparison.Ordinal);
        Assert.Contains("1:12 left", text, StringComparison.Ordinal);
    }

    private IAnsiConsole Console(AnsiSupport ansi, InteractionSupport interactive)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = ansi, Interactive = interactive, Out = new AnsiConsoleOutput(_writer) });
        console.Profile.Width = 160;
        return console;
    }
}
