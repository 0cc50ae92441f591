using OrleansBlip.Data;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Trains WordPiece vocabularies on the captions of data sets.</summary>
internal static class Vocabularies
{
    /// <summary>Entries at most for a user's captions, where he gives no vocabulary.</summary>
    public const int EntriesMaxDefault = 8192;

    /// <summary>Entries at most for ShapeWorld's captions, which use about sixty words.</summary>
    public const int EntriesMaxOfShapeWorld = 200;

    /// <summary>The vocabulary of a job on the user's data, and its file: the given one, or else one of the job's own.</summary>
    /// <exception cref="DatasetException">The given one is missing or no vocabulary.</exception>
    public static (string Path, Vocabulary Vocabulary) For(string? given, string output, IEnumerable<string> data)
    {
        if (given is not null) return (given, Vocabulary.Load(given));
        var path = Path.Combine(output, "vocab.txt");
        return (path, LoadOrTrain(path, data, EntriesMaxDefault));
    }

    /// <summary>Reads the vocabulary at <paramref name="path"/>, or trains one on <paramref name="data"/> and writes it there.</summary>
    public static Vocabulary LoadOrTrain(string path, IEnumerable<string> data, int entriesMax)
    {
        if (!File.Exists(path)) Train(data, entriesMax).Save(path);
        return Vocabulary.Load(path);
    }

    /// <summary>Trains a vocabulary of at most <paramref name="entriesMax"/> entries, special tokens included.</summary>
    public static Vocabulary Train(IEnumerable<string> data, int entriesMax)
    {
        var trainer = new VocabularyTrainer();
        foreach (var path in data)
        {
            using var source = PairSources.Open(path, new PairSourceOptions { VerifyHashes = false });
            trainer.Add(source);
        }
        return trainer.Train(entriesMax);
    }
}
