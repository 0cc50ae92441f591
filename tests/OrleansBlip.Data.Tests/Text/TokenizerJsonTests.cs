using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Text;

public sealed class TokenizerJsonTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer").FullName;

    [Fact]
    public void Load_TokenizerJson_GivesTheVocabularyOfItsLines()
    {
        var json = Write("""
            {"added_tokens": [{"id": 0, "content": "[PAD]"}, {"id": 5, "content": "[DEC]"}, {"id": 6, "content": "[ENC]"}], "normalizer": {"type": "BertNormalizer", "lowercase": true},
             "model": {"type": "WordPiece", "vocab": {"[UNK]": 1, "[PAD]": 0, "[SEP]": 3, "[CLS]": 2, "red": 4}}}
            """);
        var lines = Path.Combine(_folder, "lines.txt");
        File.WriteAllText(lines, "[PAD]\n[UNK]\n[CLS]\n[SEP]\nred\n[DEC]\n[ENC]\n");
        Assert.Equal(Vocabulary.Load(lines).Sha256, Vocabulary.Load(json).Sha256);
    }

    [Theory]
    [InlineData("""{"normalizer": {"lowercase": true}, "model": {"type": "BPE", "vocab": {}}}""", "type 'BPE'")]
    [InlineData("""{"normalizer": {"lowercase": false}, "model": {"type": "WordPiece", "vocab": {}}}""", "keeps capitals")]
    [InlineData("""{"normalizer": {"lowercase": true}, "model": {"type": "WordPiece", "vocab": {"a": 0, "b": 2}}}""", "no piece the id 1")]
    [InlineData("""{"normalizer": {"lowercase": true}, "model": {"type": "WordPiece", "vocab": {"a": 0, "b": 0}}}""", "the same id, 0")]
    [InlineData("""{"normalizer": {"lowercase": true}}""", "no tokenizer.json")]
    [InlineData("[]", "no tokenizer.json")]
    [InlineData("{", "no tokenizer.json")]
    public void Load_OtherJson_SaysWhatIsWrong(string content, string expected) =>
        Assert.Contains(expected, Assert.Throws<DatasetException>(() => Vocabulary.Load(Write(content))).Message, StringComparison.Ordinal);

    [Fact]
    public void FileIn_Folder_PrefersLines()
    {
        Assert.EndsWith("vocab.txt", Vocabulary.FileIn(_folder), StringComparison.Ordinal);
        Write("{}");
        Assert.EndsWith("tokenizer.json", Vocabulary.FileIn(_folder), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "vocab.txt"), "");
        Assert.EndsWith("vocab.txt", Vocabulary.FileIn(_folder), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string content)
    {
        var path = Path.Combine(_folder, "tokenizer.json");
        File.WriteAllText(path, content);
        return path;
    }
}
