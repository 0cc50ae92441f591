using System.Collections.Immutable;
using System.Text.Json;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>Makes versions of the data set out of a round's captions and scores.</summary>
/// <param name="web">The pictures and web texts.</param>
/// <param name="captions">What the captioner wrote.</param>
/// <param name="scores">What the filter thinks.</param>
/// <param name="request">Threshold, arms and settings.</param>
/// <param name="lineage">What all versions of the round have in common.</param>
internal sealed class RoundPublisher(PairSource web, RangeLog<CaptionBlock> captions, RangeLog<ScoreBlock> scores, BootstrapRequest request, VersionLineage lineage)
{
    /// <summary>What is kept and what not, by the filter.</summary>
    public BootstrapCounts Count()
    {
        int quarantined = 0;
        long webKept = 0, webAll = 0, syntheticKept = 0, syntheticAll = 0;
        foreach (var picture in Pictures())
        {
            if (picture.Problem is not null) quarantined++;
            foreach (var text in picture.Texts)
            {
                var kept = ArmChoice.ReasonOfFilter(text, request.Threshold) is null ? 1 : 0;
                if (text.Source == CaptionSource.Synthetic) (syntheticKept, syntheticAll) = (syntheticKept + kept, syntheticAll + 1);
                else (webKept, webAll) = (webKept + kept, webAll + 1);
            }
        }
        return new BootstrapCounts
        {
            Pictures = web.PictureCount,
            Quarantined = quarantined,
            WebKept = webKept,
            WebRejected = webAll - webKept,
            SyntheticKept = syntheticKept,
            SyntheticRejected = syntheticAll - syntheticKept,
        };
    }

    /// <summary>Writes an arm's version; one that a coordinator before has written already is taken as it is.</summary>
    /// <exception cref="InvalidDataException">The folder holds another version, or the arm would be empty.</exception>
    public async Task<DatasetVersion> PublishAsync(BootstrapArm arm, BootstrapCounts counts, string folder)
    {
        if (Directory.Exists(folder)) return OpenPublished(folder);
        RefuseEmpty(arm, counts);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var choice = new ArmChoice(arm, request.Threshold, counts, request.Captions.Seed);
        using var writer = new DatasetVersionWriter(folder, web, lineage);
        foreach (var picture in Pictures())
        {
            if (picture.Problem is null) await writer.AddAsync(picture.Number, [.. picture.Texts.Select(choice.Decide)]);
        }
        return await writer.CommitAsync();
    }

    /// <summary>Lists the pictures in quarantine with their reasons.</summary>
    public void ListQuarantine(string path)
    {
        using var file = DurableFile.Create(path);
        foreach (var picture in Pictures())
        {
            if (picture.Problem is null) continue;
            JsonSerializer.Serialize(file.Stream, new { key = web.ReadPicture(picture.Number).Key, reason = picture.Problem });
            file.Stream.WriteByte((byte)'\n');
        }
        file.Commit();
    }

    private void RefuseEmpty(BootstrapArm arm, BootstrapCounts counts)
    {
        var texts = arm switch
        {
            BootstrapArm.Both => counts.WebKept + counts.SyntheticKept,
            BootstrapArm.Captioner => counts.Pictures - counts.Quarantined,
            _ => counts.WebKept,
        };
        if (texts > 0) return;
        throw new InvalidDataException(
            $"Version '{arm}' would be empty: of {counts.WebKept + counts.WebRejected} web texts the filter keeps {counts.WebKept}, of {counts.SyntheticKept + counts.SyntheticRejected} " +
            $"synthetic ones {counts.SyntheticKept}, at threshold {request.Threshold}. Lower the threshold, or give the filter more clean pairs or steps.");
    }

    private DatasetVersion OpenPublished(string folder)
    {
        var version = DatasetVersion.Open(folder);
        if (version.ParentDigest != web.Digest || version.Lineage with { RunId = lineage.RunId, CreatedAt = lineage.CreatedAt } != lineage)
            throw new InvalidDataException($"'{folder}' holds a version of other models or data. Choose another output folder, or delete it.");
        return version;
    }

    private IEnumerable<ScoredPicture> Pictures()
    {
        foreach (var range in PictureLeases.Split(web.PictureCount))
        {
            var (written, scored) = (captions.Read(range), scores.Read(range));
            for (var row = 0; row < range.Count; row++)
            {
                var (number, synthetic) = (range.First + row, written.Captions[row]);
                yield return new ScoredPicture(number, synthetic.Problem is null ? Texts(number, synthetic, scored.Scores[row]) : [], synthetic.Problem);
            }
        }
    }

    private ScoredCaption[] Texts(int picture, WrittenCaption synthetic, ImmutableArray<TextScore> scored) =>
    [
        .. web.ReadPicture(picture).Captions.Select((caption, index) => Scored(caption.Text, caption.Source, scored[index])),
        Scored(synthetic.Text, CaptionSource.Synthetic, scored[^1]) with { Seed = request.Captions.Seed, LogProbability = synthetic.LogProbability },
    ];

    private static ScoredCaption Scored(string text, CaptionSource source, TextScore score) => new()
    {
        Text = text,
        Source = source,
        ItmProbability = score.Probability,
        ItmLogit = score.Logit,
        ItcSimilarity = score.Similarity,
    };

    private sealed record ScoredPicture(int Number, IReadOnlyList<ScoredCaption> Texts, string? Problem);
}
