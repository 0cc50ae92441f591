using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Keeps warnings and errors of all nodes, to print them when a test fails.</summary>
/// <param name="category">What the categories that it keeps begin with.</param>
internal sealed class TestLog(string category = "OrleansBlip") : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, category, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(TestLog log, string kept, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && name.StartsWith(kept, StringComparison.Ordinal);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Lines.Enqueue($"{logLevel} {name}: {formatter(state, exception)} {exception}");
        }
    }
}
