using System.Globalization;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>A scenario's line: words, of which some are followed by a value.</summary>
internal sealed class ScenarioLine(string line)
{
    private readonly string[] _words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public string Verb => _words[0];

    public string Subject => _words[1];

    public IEnumerable<string> Words(int from) => _words.Skip(from);

    public bool Has(string word) => _words.Contains(word);

    public string? Text(string word) => Array.IndexOf(_words, word) is var i and >= 0 ? _words[i + 1] : null;

    public long? Number(string word) => Text(word) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;
}
