using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.Order;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Writes a world as WebDataset shards, a folder for each split, and the truth about it into a folder of its own:
/// <c>clean|web|val|test/00000.tar … manifest.json</c>, <c>truth/clean|web|val|test.jsonl</c>, <c>world.json</c> (the spec).
/// A sample holds <c>jpg</c>, <c>txt</c> (one text a line) and <c>json</c> (image_id, source, captions), and nothing of the truth.
/// </summary>
public sealed class ShapeWorldWriter
{
    private const string SpecFileName = "world.json";

    private static readonly ulong CaptionSite = KeyedRandom.Word("shapeworld.caption");
    private static readonly ulong NoiseSite = KeyedRandom.Word("shapeworld.noise");

    private readonly ShapeWorldSpec _spec;
    private readonly SceneGenerator _generator;

    /// <summary>Prepares to write the world of a spec.</summary>
    /// <exception cref="ArgumentException">The spec cannot be generated.</exception>
    public ShapeWorldWriter(ShapeWorldSpec spec)
    {
        spec.Validate();
        _spec = spec;
        _generator = new SceneGenerator(spec);
    }

    /// <summary>The split's folder name.</summary>
    public static string NameOf(ShapeWorldSplit split) => split.ToString().ToLowerInvariant();

    /// <summary>Whether the folder holds this writer's world, whole.</summary>
    public bool IsWrittenTo(string folder)
    {
        var path = Path.Combine(folder, SpecFileName);
        return File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(SpecBytes());
    }

    /// <summary>Writes the world. The folder appears when all of it is on the disk; until then it stands beside it, named <c>….partial</c>.</summary>
    /// <param name="folder">Where to; it must not exist, or be empty.</param>
    /// <param name="progress">Is told the number of pictures written, every hundred.</param>
    /// <param name="cancellation">Ends the writing between two pictures; nothing is left.</param>
    /// <exception cref="DatasetException">The folder holds something already.</exception>
    public ImmutableArray<SplitSummary> Write(string folder, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new DatasetException($"'{folder}' is not an empty folder, and a world is never written over something: choose another, or delete it.");
        var staging = $"{folder}.partial";
        DeleteIfThere(staging);
        try
        {
            var summaries = WriteSplits(staging, progress, cancellation);
            DurableFile.WriteAllBytes(Path.Combine(staging, SpecFileName), SpecBytes());
            // Empty, or not there: what came in meanwhile makes this fail.
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(staging, folder);
            DurableFile.FlushFolder(Path.GetDirectoryName(folder)!);
            return summaries;
        }
        catch
        {
            DeleteIfThere(staging);
            throw;
        }
    }

    private ImmutableArray<SplitSummary> WriteSplits(string folder, IProgress<int>? progress, CancellationToken cancellation)
    {
        var summaries = ImmutableArray.CreateBuilder<SplitSummary>();
        var written = 0;
        using var encoder = new JpegEncoder(_spec.ImageSizePx, _spec.JpegQuality);
        var renderer = new SceneRenderer(_spec.ImageSizePx);
        foreach (var split in Enum.GetValues<ShapeWorldSplit>())
        {
            var scenes = _generator.Draw(split);
            var truth = new List<TruthRecord>(scenes.Length);
            using var shards = new ShardWriter(Path.Combine(folder, NameOf(split)), _spec.PicturesPerShard);
            for (var i = 0; i < scenes.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var record = TruthOf(split, scenes, i);
                var jpeg = encoder.Encode(renderer.Render(scenes[i], Backdrop.Draw(_spec.Level, _spec.Seed, split, i)));
                shards.Add(SampleOf(split, record, jpeg));
                truth.Add(record);
                if (++written % 100 == 0)
                    progress?.Report(written);
            }
            TruthFile.Write(TruthFile.PathOf(folder, split), truth);
            summaries.Add(new SplitSummary
            {
                Split = split,
                PictureCount = scenes.Length,
                TextCount = truth.Sum(record => record.Texts.Length),
                TrueTextCount = truth.Sum(record => record.Texts.Count(text => text.IsTrue)),
                Digest = shards.Complete().Digest,
            });
        }
        return summaries.ToImmutable();
    }

    private TruthRecord TruthOf(ShapeWorldSplit split, Scene[] scenes, int index)
    {
        ImmutableArray<(string Text, TextKind Kind)> texts = split == ShapeWorldSplit.Web
            ? [DrawWebText(scenes, index)]
            : [.. OwnCaptions(split, scenes, index, _spec.CaptionsPerPicture).Select(caption => (caption, TextKind.Own))];
        return new TruthRecord
        {
            Key = $"{index:D9}",
            ImageId = scenes[index].Identity,
            Scene = scenes[index],
            Texts = [.. texts.Select(text => new TruthOfText(text.Text, text.Kind, TruthChecker.IsTrue(text.Text, scenes[index])))],
        };
    }

    // Captions come from a stream of their own: what noise does to one picture changes no other text, and no picture.
    private string[] OwnCaptions(ShapeWorldSplit split, Scene[] scenes, int index, int count) =>
        new CaptionGrammar(new KeyedRandom(_spec.Seed, CaptionSite, (ulong)split, (ulong)index)).Draw(scenes[index], count);

    private (string Text, TextKind Kind) DrawWebText(Scene[] scenes, int index)
    {
        var noise = new WebNoise(_spec.Level, new KeyedRandom(_spec.Seed, NoiseSite, (ulong)index));
        var kind = noise.DrawKind(_spec.Noise);
        var text = kind switch
        {
            TextKind.Own => OwnCaption(index),
            TextKind.Borrowed => OwnCaption(noise.DrawOther(index, scenes.Length)),
            TextKind.HalfTrue => noise.ChangeAttribute(OwnCaption(index)),
            TextKind.FileName => noise.DrawFileName(),
            TextKind.Spam => noise.DrawSpam(),
            TextKind.Empty => noise.DrawEmpty(),
            _ => throw new InvalidOperationException($"There are no texts of kind {kind}."),
        };
        return (text, kind);

        string OwnCaption(int of) => OwnCaptions(ShapeWorldSplit.Web, scenes, of, 1)[0];
    }

    private static ShardSample SampleOf(ShapeWorldSplit split, TruthRecord record, byte[] jpeg)
    {
        var texts = record.Texts.Select(text => text.Text).ToArray();
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteNumber("image_id", record.ImageId);
            writer.WriteString("source", split == ShapeWorldSplit.Web ? "web" : "human");
            writer.WriteStartArray("captions");
            foreach (var text in texts)
                writer.WriteStringValue(text);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return new ShardSample(record.Key, new Dictionary<string, ReadOnlyMemory<byte>>
        {
            ["jpg"] = jpeg,
            ["txt"] = Encoding.UTF8.GetBytes(string.Join('\n', texts)),
            ["json"] = json.ToArray(),
        });
    }

    private byte[] SpecBytes() => JsonSerializer.SerializeToUtf8Bytes(_spec, TruthJson.Default.ShapeWorldSpec);

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
