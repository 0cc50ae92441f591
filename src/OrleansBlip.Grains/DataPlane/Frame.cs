namespace OrleansBlip.Grains.DataPlane;

/// <summary>A frame that has come in, without what follows it.</summary>
internal readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Header)
{
    /// <summary>The header, where the frame is of the kind that is expected.</summary>
    /// <exception cref="FrameException">It is another.</exception>
    public T Read<T>(FrameKind expected) where T : class => Kind == expected ? FrameFormat.Read<T>(Header) : throw new FrameException("unexpected frame");
}
