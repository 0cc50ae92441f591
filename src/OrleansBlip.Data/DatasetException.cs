namespace OrleansBlip.Data;

/// <summary>Data that cannot be used as asked: the message names what, where, and what to do about it.</summary>
public class DatasetException : Exception
{
    /// <summary>States the reason.</summary>
    public DatasetException(string message) : base(message)
    {
    }

    /// <summary>States the reason and what it came from.</summary>
    public DatasetException(string message, Exception? inner) : base(message, inner)
    {
    }
}
