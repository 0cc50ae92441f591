using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansBlip.Data.Shards;

/// <summary>
/// Names of shards as WebDataset users write them: a folder (all its .tar files), "web/{00000..00123}.tar", "{clean,web}/00000.tar", "web/*.tar", and
/// several of these joined by "::".
/// </summary>
public static partial class ShardPattern
{
    private const int ShardsMax = 100_000;

    /// <summary>The files that a pattern names, in the order in which it names them; those of a folder or of '*' in ordinal order.</summary>
    /// <exception cref="DatasetException">It names none, or more than 100,000.</exception>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        // Counted before the disk is asked for any of them.
        var names = pattern.Split("::").SelectMany(ExpandBraces).Take(ShardsMax + 1).ToList();
        var paths = names.Count > ShardsMax ? names : [.. names.SelectMany(ExpandFiles)];
        if (paths.Count == 0)
            throw new DatasetException($"'{pattern}' names no shard: give a folder that holds .tar files, or a pattern such as 'web/{{00000..00012}}.tar'.");
        if (paths.Count > ShardsMax)
            throw new DatasetException($"'{pattern}' names more than {ShardsMax} shards: narrow the pattern.");
        return paths;
    }

    /// <summary>"a{1,2}b" → "a1b", "a2b"; "{08..10}" → "08", "09", "10". Braces do not nest.</summary>
    internal static IEnumerable<string> ExpandBraces(string pattern)
    {
        if (Brace().Match(pattern) is not { Success: true } brace)
            return [pattern];
        var choices = Range().Match(brace.Groups[1].Value) is { Success: true } range ? Numbers(range) : brace.Groups[1].Value.Split(',');
        return choices.SelectMany(choice => ExpandBraces(pattern[..brace.Index] + choice + pattern[(brace.Index + brace.Length)..]));
    }

    private static IEnumerable<string> Numbers(Match range)
    {
        var (first, last) = (range.Groups[1].Value, range.Groups[2].Value);
        var from = long.Parse(first, CultureInfo.InvariantCulture);
        var to = long.Parse(last, CultureInfo.InvariantCulture);
        var digits = first[0] == '0' || last[0] == '0' ? Math.Max(first.Length, last.Length) : 1;
        for (var number = from; number <= to; number++)
            yield return number.ToString($"D{digits}", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> ExpandFiles(string path)
    {
        if (Directory.Exists(path))
            return Directory.EnumerateFiles(path, "*.tar").Order(StringComparer.Ordinal);
        var name = Path.GetFileName(path);
        if (!name.Contains('*') && !name.Contains('?'))
            return [path];
        var folder = Path.GetDirectoryName(path) is { Length: > 0 } named ? named : ".";
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal) : [];
    }

    [GeneratedRegex(@"\{([^{}]*)\}")]
    private static partial Regex Brace();

    [GeneratedRegex(@"^(\d{1,15})\.\.(\d{1,15})$")]
    private static partial Regex Range();
}
