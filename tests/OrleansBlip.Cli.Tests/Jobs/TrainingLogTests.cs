using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Cli.Report;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Cli.Tests.Jobs;

public sealed class TrainingLogTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-log").FullName;

    private string LogPath => Path.Combine(_folder, "trainings.jsonl");

    [Fact]
    public void Log_OfAJobThatGoesOn_HoldsAllOfIt()
    {
        using (var log = new TrainingLog(LogPath, _time))
        {
            _time.Advance(TimeSpan.FromSeconds(100));
            log.Add(Progress(speed: 500, (0, 4.0), (1, double.NaN)), "pre-train none", samplesPerStep: 64);
        }
        // A line that a kill cut short.
        File.AppendAllText(LogPath, """{"phase":"pre-tr""");
        _time.Advance(TimeSpan.FromHours(5));
        for (var process = 0; process < 2; process++)
        {
            using var log = new TrainingLog(LogPath, _time);
            _time.Advance(TimeSpan.FromSeconds(10));
            // From the checkpoint on: step 1 comes again.
            log.Add(Progress(speed: 700, (1, double.NaN), (2, 3.0)), "pre-train none", samplesPerStep: 64);
            Assert.Equal(110 + 10 * process, log.Elapsed.TotalSeconds);
            Assert.True(Assert.Single(log.CurvesOf("itc")).Points.SequenceEqual([new CurvePoint(64, 4.0), new CurvePoint(128, double.NaN), new CurvePoint(192, 3.0)]));
            Assert.Equal(700, log.SpeedOf("pre-train"));
        }
    }

    [Fact]
    public void Log_WithABrokenLine_IsRefusedByItsNumber()
    {
        using (var log = new TrainingLog(LogPath, _time)) log.Add(Progress(speed: 1, (0, 1.0)), "x", samplesPerStep: 1);
        File.AppendAllText(LogPath, "nonsense\n");
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => new TrainingLog(LogPath, _time)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static RunProgress Progress(double speed, params (long Step, double Loss)[] steps) => new()
    {
        Status = new() { State = RunState.Training, Step = new StepNumber(9), Steps = 10, View = new ViewNumber(0), TrainerCount = 1 },
        SamplesPerSecond = speed,
        Steps = [.. steps.Select(step => new StepRecord
        {
            Step = new StepNumber(step.Step),
            Verdict = VerdictKind.Apply,
            Losses = ImmutableArray.Create(new SlotLoss("itc", step.Loss)),
            GradientNorm = 1,
            Duration = TimeSpan.FromSeconds(1),
        })],
    };
}
