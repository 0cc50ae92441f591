namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>A checkpoint's file: one pickled value, and the storages that it refers to. Used by one thread at a time.</summary>
internal interface ICheckpointContainer : IDisposable
{
    /// <summary>Reads the pickled value.</summary>
    /// <exception cref="PyTorchFileException">It is damaged, or holds something else than tensors and plain values.</exception>
    object? ReadRoot();

    /// <summary>The bytes there are of a storage; null where there is no such storage.</summary>
    long? ByteCountOf(PickledStorage storage);

    /// <summary>Fills <paramref name="destination"/> with a storage's bytes from <paramref name="firstByte"/> on.</summary>
    /// <exception cref="PyTorchFileException">The file is damaged.</exception>
    void Read(PickledStorage storage, long firstByte, Span<byte> destination);
}
