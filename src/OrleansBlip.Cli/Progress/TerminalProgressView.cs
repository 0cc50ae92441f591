using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansBlip.Cli.Progress;

/// <summary>A bar for each phase, redrawn by the console library at its own pace.</summary>
internal sealed class TerminalProgressView : IProgressView
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProgressTask> _tasks = [];
    private readonly Dictionary<ProgressTask, PhaseProgress> _last = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IAnsiConsole _console;
    private readonly TaskCompletionSource<ProgressContext> _context = new();
    private readonly Task _display;

    public TerminalProgressView(IAnsiConsole console)
    {
        _console = console;
        var progress = console.Progress().AutoClear(false).Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(),
            new TextColumn(this, p => $"{p.Step}/{p.StepCount}"),
            new TextColumn(this, p => p.LossText),
            new TextColumn(this, p => p.SpeedText));
        _display = progress.StartAsync(context =>
        {
            _context.SetResult(context);
            return _closed.Task;
        });
    }

    /// <inheritdoc/>
    public void Report(PhaseProgress progress)
    {
        lock (_lock)
        {
            if (!_tasks.TryGetValue(progress.Phase, out var task))
            {
                // The library hands out its context before StartAsync first yields.
                task = _context.Task.GetAwaiter().GetResult().AddTask(Markup.Escape(progress.Phase), maxValue: progress.StepCount);
                _tasks.Add(progress.Phase, task);
            }
            _last[task] = progress;
            task.Value = progress.Step;
        }
    }

    /// <inheritdoc/>
    public void Note(string line) => _console.MarkupLineInterpolated($"{line}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _closed.TrySetResult();
        await _display;
    }

    private sealed class TextColumn(TerminalProgressView view, Func<PhaseProgress, string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            lock (view._lock) return new Text(view._last.TryGetValue(task, out var last) ? text(last) : "");
        }
    }
}
