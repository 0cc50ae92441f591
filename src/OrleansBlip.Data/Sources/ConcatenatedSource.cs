namespace OrleansBlip.Data.Sources;

/// <summary>Several data sets, one after the other, as one: "clean" and "web" of a pre-training. Takes the sources over.</summary>
public sealed class ConcatenatedSource : PairSource
{
    private readonly IReadOnlyList<PairSource> _parts;
    private readonly int[] _starts;

    /// <summary>Joins the sources in this order.</summary>
    public ConcatenatedSource(IReadOnlyList<PairSource> parts)
        : base(
            string.Join("::", parts.Select(part => part.Name)),
            DigestOf(parts.Select(part => part.Digest)),
            [.. parts.SelectMany(CaptionCounts)],
            [.. parts.SelectMany(part => part.PicturesPerShard)],
            [.. parts.SelectMany(part => part.Problems)])
    {
        _parts = parts;
        _starts = new int[parts.Count];
        for (var part = 1; part < parts.Count; part++)
            _starts[part] = _starts[part - 1] + parts[part - 1].PictureCount;
    }

    /// <inheritdoc/>
    public override Picture ReadPicture(int picture) => Part(ref picture).ReadPicture(picture);

    /// <inheritdoc/>
    public override byte[] ReadImage(int picture) => Part(ref picture).ReadImage(picture);

    /// <inheritdoc/>
    public override byte[]? ReadSecondImage(int picture) => Part(ref picture).ReadSecondImage(picture);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
        base.Dispose();
    }

    private PairSource Part(ref int picture)
    {
        var part = _starts.Length - 1;
        while (_starts[part] > picture)
            part--;
        picture -= _starts[part];
        return _parts[part];
    }

    private static IEnumerable<int> CaptionCounts(PairSource source) => Enumerable.Range(0, source.PictureCount).Select(source.CaptionCount);
}
