using OrleansBlip.Model.Text;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Images with their captions, read once for all questions about them: keys and values of every cross-attention layer. Belongs to the thread and the model that made it.
/// </summary>
public sealed class DialogueScene : IDisposable
{
    internal DialogueScene(ImageMemory memory, long count)
    {
        Memory = memory;
        Count = count;
        foreach (var tensor in memory.Tensors) tensor.DetachFromDisposeScope();
    }

    internal ImageMemory Memory { get; }

    /// <summary>Images.</summary>
    internal long Count { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Memory.Tensors) tensor.Dispose();
    }
}
