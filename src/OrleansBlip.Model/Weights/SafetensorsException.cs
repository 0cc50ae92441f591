namespace OrleansBlip.Model.Weights;

/// <summary>A safetensors file that breaks the format; nothing of it was used.</summary>
public sealed class SafetensorsException : IOException
{
    /// <summary>Says what is wrong with which file.</summary>
    public SafetensorsException(string path, SafetensorsFault fault, string what, Exception? cause = null)
        : base($"'{path}' is not a valid safetensors file: {what}", cause)
    {
        Path = path;
        Fault = fault;
    }

    /// <summary>The refused file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it.</summary>
    public SafetensorsFault Fault { get; }
}
