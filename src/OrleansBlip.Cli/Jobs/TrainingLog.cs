using System.Text;
using System.Text.Json;
using OrleansBlip.Cli.Report;
using OrleansBlip.Cli.Results;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Cli.Jobs;

/// <summary>
/// How a job's trainings went, for its report: losses, speeds and the time that was spent. It is kept in a file as well, a JSON object a line, so that a job that
/// was killed and is gone on with reports all of itself. A phase that comes again, of another seed or from a checkpoint on, changes nothing that is there.
/// </summary>
internal sealed class TrainingLog : IDisposable
{
    private readonly Dictionary<(string Phase, string Loss), SortedDictionary<long, double>> _curves = [];
    private readonly List<(string Phase, double SamplesPerSecond)> _speeds = [];
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _before;
    private readonly StreamWriter? _file;

    /// <summary>A log that no file keeps.</summary>
    public TrainingLog(TimeProvider time) => (_time, _start) = (time, time.GetTimestamp());

    /// <summary>A log kept at <paramref name="path"/>, with what stands there already. A last line that a kill cut short is dropped.</summary>
    /// <exception cref="InvalidDataException">A whole line is no record.</exception>
    public TrainingLog(string path, TimeProvider time)
        : this(time)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            _before = Read(path, stream);
            _file = new StreamWriter(stream) { AutoFlush = true };
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The job's time so far, that of earlier processes included up to their last records.</summary>
    public TimeSpan Elapsed => _before + _time.GetElapsedTime(_start);

    /// <summary>Curves of one loss, one for each phase, over samples.</summary>
    public IEnumerable<Curve> CurvesOf(string loss) => _curves.Where(curve => curve.Key.Loss == loss)
        .Select(curve => new Curve(curve.Key.Phase, [.. curve.Value.Select(point => new CurvePoint(point.Key, point.Value))]));

    /// <summary>Samples per second of the phases whose names begin so: the median of what was seen; 0 where nothing was.</summary>
    public double SpeedOf(string phases)
    {
        double[] seen = [.. _speeds.Where(speed => speed.Phase.StartsWith(phases, StringComparison.Ordinal)).Select(speed => speed.SamplesPerSecond).Order()];
        return seen.Length == 0 ? 0 : seen[seen.Length / 2];
    }

    /// <summary>Takes in what a look at a run brought.</summary>
    public void Add(RunProgress progress, string phase, int samplesPerStep)
    {
        if (progress.Steps.IsEmpty) return;
        var record = new TrainingRecord
        {
            Phase = phase,
            Elapsed = Elapsed.TotalSeconds,
            SamplesPerSecond = progress.SamplesPerSecond,
            Samples = [.. progress.Steps.Select(step => (step.Step.Value + 1) * samplesPerStep)],
            Losses = progress.Steps.SelectMany(step => step.Losses).GroupBy(loss => loss.Name).ToDictionary(losses => losses.Key, losses => losses.Select(loss => loss.Value).ToArray()),
        };
        Take(record);
        _file?.WriteLine(JsonSerializer.Serialize(record, TrainingRecordJson.Default.TrainingRecord));
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Take(TrainingRecord record)
    {
        foreach (var (name, values) in record.Losses)
        {
            if (!_curves.TryGetValue((record.Phase, name), out var points)) _curves.Add((record.Phase, name), points = []);
            foreach (var (samples, value) in record.Samples.Zip(values)) points.TryAdd(samples, value);
        }
        if (record.SamplesPerSecond > 0) _speeds.Add((record.Phase, record.SamplesPerSecond));
    }

    private TimeSpan Read(string path, FileStream stream)
    {
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        var (number, elapsed) = (0, 0.0);
        foreach (var line in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            number++;
            try
            {
                var record = JsonSerializer.Deserialize(line, TrainingRecordJson.Default.TrainingRecord) ?? throw new JsonException("it is null");
                Take(record);
                elapsed = record.Elapsed;
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"'{path}', line {number}, is no record of a training ({error.Message}). Delete the file: the report then lacks what it held.", error);
            }
        }
        stream.SetLength(whole);
        stream.Position = whole;
        return TimeSpan.FromSeconds(elapsed);
    }
}
