using System.Runtime.InteropServices;

namespace OrleansBlip.Cli.Commands;

/// <summary>Turns the first Ctrl-C, or SIGTERM, into a cancellation that leaves time for a checkpoint; the second one ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TextWriter _error;
    private readonly PosixSignalRegistration[] _signals;

    public Interruption(TextWriter error)
    {
        _error = error;
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    public CancellationToken Token => _source.Token;

    internal void Handle(PosixSignalContext signal)
    {
        if (_source.IsCancellationRequested) return; // the signal's default action follows
        signal.Cancel = true;
        _error.WriteLine("stopping in good order, a training after a checkpoint; Ctrl-C again stops at once");
        _source.Cancel();
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _source.Dispose();
    }
}
