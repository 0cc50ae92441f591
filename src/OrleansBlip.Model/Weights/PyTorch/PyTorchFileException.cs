namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>A PyTorch checkpoint that is damaged, or holds more than tensors, dictionaries and plain values; nothing of it was used or executed.</summary>
public sealed class PyTorchFileException : IOException
{
    /// <summary>Says what is wrong with which file.</summary>
    public PyTorchFileException(string path, string what, Exception? cause = null)
        : base($"'{path}' cannot be read as a PyTorch checkpoint: {what}", cause)
    {
        Path = path;
    }

    /// <summary>The refused file.</summary>
    public string Path { get; }
}
