using System.Security.Cryptography;
using System.Text.Json;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Sources;

/// <summary>Pictures that are files of their own: listed in a BLIP JSON file, or in a folder with a .txt of the same name beside each.</summary>
internal sealed class ImageFileSource : PairSource
{
    private const long ListBytesMax = 1L << 30;

    private readonly List<(string Path, Picture Picture)> _files;

    private ImageFileSource(string name, string digest, List<(string Path, Picture Picture)> files, List<SourceProblem> problems)
        : base(name, digest, [.. files.Select(file => file.Picture.Captions.Count)], [files.Count], problems) => _files = files;

    /// <summary>Reads [{"image": path, "caption": text or list, "image_id"?}]; entries of one picture are put together. Paths are relative to the root.</summary>
    /// <exception cref="DatasetException">The file is no such list, or an image lies outside the root.</exception>
    public static ImageFileSource FromList(string listPath, string? root, CaptionSource source)
    {
        root = Path.GetFullPath(root ?? Path.GetDirectoryName(Path.GetFullPath(listPath))!);
        if (new FileInfo(listPath).Length > ListBytesMax)
            throw new DatasetException($"List '{listPath}' is larger than {ListBytesMax} bytes: split it, or pack the pictures into shards.");
        var pictures = new Dictionary<string, Picture>();
        var problems = new List<SourceProblem>();
        try
        {
            using var list = JsonDocument.Parse(File.ReadAllBytes(listPath), new JsonDocumentOptions { MaxDepth = 32 });
            foreach (var entry in list.RootElement.EnumerateArray())
                AddEntry(entry, root, source, pictures, problems);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new DatasetException($"List '{listPath}' is no JSON list of {{\"image\", \"caption\"}}: {error.Message}", error);
        }
        return Create(listPath, root, pictures.Values, problems);
    }

    /// <summary>Reads a folder, its subfolders included.</summary>
    public static ImageFileSource FromFolder(string folder, CaptionSource source)
    {
        folder = Path.GetFullPath(folder);
        var pictures = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => ShardLimits.ImageExtensions.Contains(Path.GetExtension(path).TrimStart('.').ToLowerInvariant()))
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .Select(key =>
            {
                var text = Path.Combine(folder, Path.ChangeExtension(key, ".txt"));
                return PictureRecord.Parse(key, null, File.Exists(text) ? File.ReadAllBytes(text) : null, "file", source);
            });
        return Create(folder, folder, pictures, []);
    }

    public override Picture ReadPicture(int picture) => _files[picture].Picture;

    public override byte[] ReadImage(int picture) => File.ReadAllBytes(_files[picture].Path);

    private static void AddEntry(JsonElement entry, string root, CaptionSource source, Dictionary<string, Picture> pictures, List<SourceProblem> problems)
    {
        if (!entry.TryGetProperty("image", out var image) || image.ValueKind != JsonValueKind.String)
        {
            problems.Add(new SourceProblem(entry.ToString() is { Length: > 80 } text ? text[..80] : entry.ToString(), "the entry has no \"image\" path"));
            return;
        }
        var path = Path.GetFullPath(Path.Combine(root, image.GetString()!));
        if (!path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new DatasetException($"Picture '{image.GetString()}' lies outside '{root}': give the folder that the paths are relative to.");
        var key = Path.GetRelativePath(root, path).Replace('\\', '/');
        Picture picture;
        try
        {
            picture = PictureRecord.Parse(key, entry, null, "file", source);
        }
        catch (JsonException error)
        {
            problems.Add(new SourceProblem(key, error.Message));
            return;
        }
        pictures[key] = pictures.TryGetValue(key, out var known) ? known with { Captions = [.. known.Captions, .. picture.Captions] } : picture;
    }

    // The files are hashed, since their content is what a version stands for; a file that is missing shows here and not hours later.
    private static ImageFileSource Create(string name, string root, IEnumerable<Picture> pictures, List<SourceProblem> problems)
    {
        var files = new List<(string Path, Picture Picture)>();
        var parts = new List<string>();
        foreach (var picture in pictures)
        {
            var file = new FileInfo(Path.Combine(root, picture.Key));
            if (!file.Exists || file.Length > ShardLimits.MemberBytesMax)
            {
                problems.Add(new SourceProblem(picture.Key, file.Exists ? $"{file.Length} bytes exceed {ShardLimits.MemberBytesMax}" : "there is no such file"));
                continue;
            }
            using (var stream = file.OpenRead())
                parts.AddRange([picture.Key, Convert.ToHexStringLower(SHA256.HashData(stream)), picture.ImageId.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            parts.AddRange(picture.Captions.Select(caption => $"{caption.Source} {caption.Text}"));
            files.Add((file.FullName, picture));
        }
        return new ImageFileSource(name, DigestOf(parts), files, problems);
    }
}
