namespace OrleansBlip.Silo.Storage;

/// <summary>A database that does not answer at the moment, and may do so again: what was asked of it may be asked once more.</summary>
public sealed class DatabaseAwayException : IOException
{
    internal DatabaseAwayException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
