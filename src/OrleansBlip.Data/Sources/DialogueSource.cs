using System.Globalization;
using System.Security.Cryptography;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Sources;

/// <summary>
/// Dialogues about pictures, as VisDial v1.0 has them: a question of each round is a pair. A picture is the file below a folder whose name ends in its number of
/// twelve digits, COCO_train2014_000000123456.jpg.
/// </summary>
internal sealed class DialogueSource : PairSource
{
    private const int IdDigits = 12;

    private readonly DialogueDocument _document;
    private readonly CaptionSource _source;
    private readonly List<(string Path, string Key)> _files;

    private DialogueSource(DialogueDocument document, CaptionSource source, string name, string digest, List<(string Path, string Key)> files, List<int> rounds)
        : base(name, digest, rounds, [files.Count], [])
    {
        _document = document;
        _source = source;
        _files = files;
    }

    /// <summary>Whether a JSON file is an object, as dialogues are, and no list.</summary>
    public static bool Reads(string path)
    {
        using var file = File.OpenText(path);
        while (file.Peek() is >= 0 and var next && char.IsWhiteSpace((char)next)) file.Read();
        return file.Peek() == '{';
    }

    /// <summary>Opens the dialogues; pictures are looked for below the root, or beside the file where that is null.</summary>
    /// <exception cref="DatasetException">It is no document of dialogues, or one of them is incomplete, or lacks its picture.</exception>
    public static DialogueSource Open(string path, string? root, CaptionSource source)
    {
        root = Path.GetFullPath(root ?? Path.GetDirectoryName(Path.GetFullPath(path))!);
        var document = DialogueDocument.Open(path);
        try
        {
            return LookThrough(document, path, root, source);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    public override Picture ReadPicture(int picture)
    {
        var (imageId, questions) = _document.Read(picture, _source);
        return new Picture(_files[picture].Key, imageId, questions);
    }

    public override byte[] ReadImage(int picture) => File.ReadAllBytes(_files[picture].Path);

    public override void Dispose()
    {
        _document.Dispose();
        base.Dispose();
    }

    // The pictures are hashed like the document, since their content is what a version stands for; one that is missing shows here and not hours later.
    private static DialogueSource LookThrough(DialogueDocument document, string path, string root, CaptionSource source)
    {
        var pictures = PicturesBelow(root);
        var (files, rounds, parts) = (new List<(string, string)>(), new List<int>(), new List<string> { document.Sha256 });
        for (var dialogue = 0; dialogue < document.Count; dialogue++)
        {
            var (imageId, questions) = document.Read(dialogue, source);
            string[] found = [.. pictures[imageId]];
            var (where, digits) = ($"'{path}', dialogue {dialogue}", imageId.ToString($"D{IdDigits}", CultureInfo.InvariantCulture));
            if (found.Length == 0)
                throw new DatasetException($"{where}: below '{root}' is no picture whose name ends in {digits}. Put the pictures beside the file, in folders of any name.");
            if (found.Length > 1)
                throw new DatasetException($"{where}: the names of '{found[0]}' and '{found[1]}' both end in {digits}. Keep one of them below '{root}'.");
            using var stream = File.OpenRead(found[0]);
            if (stream.Length > ShardLimits.MemberBytesMax)
                throw new DatasetException($"{where}: the {stream.Length} bytes of '{found[0]}' exceed {ShardLimits.MemberBytesMax}. Shrink it.");
            var key = Path.GetRelativePath(root, found[0]).Replace('\\', '/');
            parts.Add(key);
            parts.Add(Convert.ToHexStringLower(SHA256.HashData(stream)));
            files.Add((found[0], key));
            rounds.Add(questions.Count);
        }
        return new DialogueSource(document, source, path, DigestOf(parts), files, rounds);
    }

    private static ILookup<long, string> PicturesBelow(string root) => Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .Where(ShardLimits.IsImage)
        .Order(StringComparer.Ordinal)
        .Select(path => (Path: path, Id: IdOf(Path.GetFileNameWithoutExtension(path))))
        .Where(picture => picture.Id is not null)
        .ToLookup(picture => picture.Id!.Value, picture => picture.Path);

    private static long? IdOf(string name) =>
        name.Length >= IdDigits && long.TryParse(name.AsSpan(name.Length - IdDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
