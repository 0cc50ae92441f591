namespace OrleansBlip.Data;

/// <summary>There is no data where it is said to be.</summary>
public sealed class DatasetNotFoundException : DatasetException
{
    /// <summary>States what is missing.</summary>
    public DatasetNotFoundException(string message) : base(message)
    {
    }
}
