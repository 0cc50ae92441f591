using System.Text.Json;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Sources;

/// <summary>The samples of a folder's shards.</summary>
internal sealed class WebDatasetSource : PairSource
{
    private readonly ShardSet _set;
    private readonly CaptionSource _source;
    private readonly List<Place> _places;

    private WebDatasetSource(ShardSet set, CaptionSource source, List<Place> places, List<int> captions, List<int> perShard, List<SourceProblem> problems)
        : base(set.Folder, set.Manifest.Digest, captions, perShard, problems)
    {
        _set = set;
        _source = source;
        _places = places;
    }

    /// <summary>Takes over the shards, and looks through the texts of all samples.</summary>
    public static WebDatasetSource Create(ShardSet set, CaptionSource source)
    {
        try
        {
            return LookThrough(set, source);
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    public override Picture ReadPicture(int picture) => Read(_set, _places[picture].Shard, _places[picture].Sample, _source);

    public override byte[] ReadImage(int picture)
    {
        var (shard, sample) = _places[picture];
        return shard.Read(shard.Members(sample).First(member => ShardLimits.ImageExtensions.Contains(member.Extension)));
    }

    public override void Dispose()
    {
        _set.Dispose();
        base.Dispose();
    }

    private static WebDatasetSource LookThrough(ShardSet set, CaptionSource source)
    {
        var (places, captions, perShard, problems) = (new List<Place>(), new List<int>(), new List<int>(), new List<SourceProblem>());
        foreach (var shard in set.Shards)
        {
            problems.AddRange(shard.Skipped.Select(member => new SourceProblem($"{shard.Name}/{member.Name}", member.Reason)));
            var before = places.Count;
            for (var sample = 0; sample < shard.Count; sample++)
            {
                if (ReasonToSkip(set, shard, sample, source, out var captionCount) is { } reason)
                {
                    problems.Add(new SourceProblem($"{shard.Name}/{shard.Key(sample)}", reason));
                    continue;
                }
                places.Add(new Place(shard, sample));
                captions.Add(captionCount);
            }
            perShard.Add(places.Count - before);
        }
        return new WebDatasetSource(set, source, places, captions, perShard, problems);
    }

    private static string? ReasonToSkip(ShardSet set, ShardReader shard, int sample, CaptionSource source, out int captionCount)
    {
        captionCount = 0;
        if (!shard.Members(sample).Any(member => ShardLimits.ImageExtensions.Contains(member.Extension)))
            return "the sample has no picture";
        try
        {
            captionCount = Read(set, shard, sample, source).Captions.Count;
            return null;
        }
        catch (JsonException error)
        {
            return $"its JSON is invalid: {error.Message}";
        }
    }

    private static Picture Read(ShardSet set, ShardReader shard, int sample, CaptionSource source)
    {
        ReadOnlyMemory<byte>? json = null, text = null;
        foreach (var member in shard.Members(sample))
        {
            if (member.Extension == "json")
                json = shard.Read(member);
            else if (member.Extension == "txt")
                text = shard.Read(member);
        }
        return PictureRecord.Parse($"{shard.Name}/{shard.Key(sample)}", json, text, set.Manifest.Digest, source);
    }

    private readonly record struct Place(ShardReader Shard, int Sample);
}
