namespace OrleansBlip.Cli.Commands;

/// <summary>A command ends with one line for its user and an exit code.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="message">What went wrong, where, and what to do about it; no full stop, no line break.</param>
/// <param name="inner">What caused it, shown with <c>--verbose</c>.</param>
internal sealed class CommandException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
