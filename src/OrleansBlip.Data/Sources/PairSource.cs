using System.Security.Cryptography;
using System.Text;

namespace OrleansBlip.Data.Sources;

/// <summary>
/// Pictures with captions, read by number from any thread. A picture with five captions is five pairs; pairs are numbered picture by picture, pictures
/// shard by shard.
/// </summary>
public abstract class PairSource : IDisposable
{
    private readonly int[] _pairStarts;

    private protected PairSource(string name, string digest, IReadOnlyList<int> captionsPerPicture, IReadOnlyList<int> picturesPerShard, IReadOnlyList<SourceProblem> problems)
    {
        Name = name;
        Digest = digest;
        Problems = problems;
        PicturesPerShard = picturesPerShard;
        _pairStarts = new int[captionsPerPicture.Count + 1];
        for (var picture = 0; picture < captionsPerPicture.Count; picture++)
            _pairStarts[picture + 1] = checked(_pairStarts[picture] + captionsPerPicture[picture]);
        var pairsPerShard = new int[picturesPerShard.Count];
        for (int shard = 0, picture = 0; shard < pairsPerShard.Length; picture += picturesPerShard[shard++])
            pairsPerShard[shard] = _pairStarts[picture + picturesPerShard[shard]] - _pairStarts[picture];
        PairsPerShard = pairsPerShard;
    }

    /// <summary>What was opened, for messages.</summary>
    public string Name { get; }

    /// <summary>The data set's version: a SHA-256 over its content, in lower-case hex.</summary>
    public string Digest { get; }

    /// <summary>How many pictures there are, those without captions included.</summary>
    public int PictureCount => _pairStarts.Length - 1;

    /// <summary>How many pairs there are.</summary>
    public int PairCount => _pairStarts[^1];

    /// <summary>Pairs of each shard, in the order of their numbers.</summary>
    public IReadOnlyList<int> PairsPerShard { get; }

    internal IReadOnlyList<int> PicturesPerShard { get; }

    /// <summary>What was left out, and why.</summary>
    public IReadOnlyList<SourceProblem> Problems { get; }

    /// <summary>How many captions a picture has.</summary>
    public int CaptionCount(int picture) => _pairStarts[picture + 1] - _pairStarts[picture];

    /// <summary>The picture and the caption of a pair.</summary>
    public PairPlace Locate(int pair)
    {
        if ((uint)pair >= (uint)PairCount)
            throw new ArgumentOutOfRangeException(nameof(pair), pair, $"Pairs are 0 to {PairCount - 1}.");
        var picture = Array.BinarySearch(_pairStarts, pair);
        if (picture < 0)
            picture = ~picture - 1;
        // Pictures without captions share the start of the next one.
        while (_pairStarts[picture + 1] == pair)
            picture++;
        return new PairPlace(picture, pair - _pairStarts[picture]);
    }

    /// <summary>A picture's texts and identity.</summary>
    public abstract Picture ReadPicture(int picture);

    /// <summary>A picture's encoded bytes.</summary>
    public abstract byte[] ReadImage(int picture);

    /// <summary>The encoded bytes of the second picture, where texts are about two; null otherwise.</summary>
    public virtual byte[]? ReadSecondImage(int picture) => null;

    /// <summary>Closes what is open.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The digest of several parts in their order.</summary>
    private protected static string DigestOf(IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
            hash.AppendData(Encoding.UTF8.GetBytes($"{part.Length}:{part}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
