using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Sources;

/// <summary>Pictures that are files of their own: listed in a BLIP JSON file, some in pairs, or in a folder with a .txt of the same name beside each.</summary>
internal sealed class ImageFileSource : PairSource
{
    private const long ListBytesMax = 1L << 30;

    private readonly List<(string[] Paths, Picture Picture)> _files;

    private ImageFileSource(string name, string digest, List<(string[] Paths, Picture Picture)> files, List<SourceProblem> problems)
        : base(name, digest, [.. files.Select(file => file.Picture.Captions.Count)], [files.Count], problems) => _files = files;

    /// <summary>
    /// Reads [{"image": path, "caption": text or list, "image_id"?}], or "images": [path, path] for two pictures; entries of the same pictures are put together.
    /// Paths are relative to the root.
    /// </summary>
    /// <exception cref="DatasetException">The file is no such list, or an image lies outside the root.</exception>
    public static ImageFileSource FromList(string listPath, string? root, CaptionSource source)
    {
        root = Path.GetFullPath(root ?? Path.GetDirectoryName(Path.GetFullPath(listPath))!);
        if (new FileInfo(listPath).Length > ListBytesMax)
            throw new DatasetException($"List '{listPath}' is larger than {ListBytesMax} bytes: split it, or pack the pictures into shards.");
        var pictures = new Dictionary<string, (string[] Paths, Picture Picture)>();
        var problems = new List<SourceProblem>();
        try
        {
            // A stream may begin with a byte order mark.
            using var stream = File.OpenRead(listPath);
            using var list = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 32 });
            foreach (var entry in list.RootElement.EnumerateArray())
                AddEntry(entry, root, source, pictures, problems);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new DatasetException($"List '{listPath}' is no JSON list of {{\"image\", \"caption\"}}: {error.Message}", error);
        }
        return Create(listPath, pictures.Values, problems);
    }

    /// <summary>Reads a folder, its subfolders included.</summary>
    public static ImageFileSource FromFolder(string folder, CaptionSource source)
    {
        folder = Path.GetFullPath(folder);
        var pictures = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(ShardLimits.IsImage)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .Select(key =>
            {
                var text = Path.Combine(folder, Path.ChangeExtension(key, ".txt"));
                return (new[] { Path.Combine(folder, key) }, PictureRecord.Parse(key, null, File.Exists(text) ? File.ReadAllBytes(text) : null, "file", source));
            });
        return Create(folder, pictures, []);
    }

    public override Picture ReadPicture(int picture) => _files[picture].Picture;

    public override byte[] ReadImage(int picture) => File.ReadAllBytes(_files[picture].Paths[0]);

    public override byte[]? ReadSecondImage(int picture) => _files[picture].Paths is [_, var second] ? File.ReadAllBytes(second) : null;

    private static void AddEntry(
        JsonElement entry, string root, CaptionSource source, Dictionary<string, (string[] Paths, Picture Picture)> pictures, List<SourceProblem> problems)
    {
        if (Named(entry) is not { } names)
        {
            problems.Add(new SourceProblem(entry.ToString() is { Length: > 80 } text ? text[..80] : entry.ToString(), "the entry has no \"image\" path, nor two \"images\""));
            return;
        }
        string[] paths = [.. names.Select(name => Path.GetFullPath(Path.Combine(root, name)))];
        if (Array.FindIndex(paths, path => !path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)) is >= 0 and var outside)
            throw new DatasetException($"Picture '{names[outside]}' lies outside '{root}': give the folder that the paths are relative to.");
        var key = string.Join('|', paths.Select(path => Path.GetRelativePath(root, path).Replace('\\', '/')));
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
        pictures[key] = (paths, pictures.TryGetValue(key, out var known) ? known.Picture with { Captions = [.. known.Picture.Captions, .. picture.Captions] } : picture);
    }

    private static string[]? Named(JsonElement entry)
    {
        if (entry.TryGetProperty("image", out var one))
            return one.ValueKind == JsonValueKind.String ? [one.GetString()!] : null;
        if (!entry.TryGetProperty("images", out var two) || two.ValueKind != JsonValueKind.Array || two.GetArrayLength() != 2)
            return null;
        string?[] names = [.. two.EnumerateArray().Select(name => name.ValueKind == JsonValueKind.String ? name.GetString() : null)];
        return names.Contains(null) ? null : [.. names.OfType<string>()];
    }

    // The files are hashed, since their content is what a version stands for; a file that is missing shows here and not hours later.
    private static ImageFileSource Create(string name, IEnumerable<(string[] Paths, Picture Picture)> pictures, List<SourceProblem> problems)
    {
        var files = new List<(string[] Paths, Picture Picture)>();
        var parts = new List<string>();
        foreach (var (paths, picture) in pictures)
        {
            var wrong = paths.Select(path => new FileInfo(path)).FirstOrDefault(file => !file.Exists || file.Length > ShardLimits.MemberBytesMax);
            if (wrong is not null)
            {
                problems.Add(new SourceProblem(picture.Key, wrong.Exists ? $"{wrong.Length} bytes exceed {ShardLimits.MemberBytesMax}" : "there is no such file"));
                continue;
            }
            parts.Add(picture.Key);
            foreach (var path in paths)
            {
                using var stream = File.OpenRead(path);
                parts.Add(Convert.ToHexStringLower(SHA256.HashData(stream)));
            }
            parts.Add(picture.ImageId.ToString(CultureInfo.InvariantCulture));
            parts.AddRange(picture.Captions.SelectMany(ContentOf));
            files.Add((paths, picture));
        }
        return new ImageFileSource(name, DigestOf(parts), files, problems);
    }

    private static IEnumerable<string> ContentOf(Caption caption) =>
    [
        $"{caption.Source} {caption.Text}",
        .. caption.Answers.Select(answer => string.Create(CultureInfo.InvariantCulture, $"answer {answer.Weight:r} {answer.Text}")),
        .. caption.IsTrue is { } truth ? [$"label {truth}"] : Array.Empty<string>(),
    ];
}
