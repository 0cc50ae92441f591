using System.Text.Json;
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
    [InlineData("red circle [ENC] re-dyed, Réd!")]
    [InlineData("\"quoted\" <b> & 日本 über")]
    public void Write_ThenLoad_GivesTheSameIds(string text)
    {
        var vocabulary = new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "re", "##d", "##ed", "dye", "circle", "-", ",", "!", "\"", "<", "&", "日", "ü", "\ud835\udd04"]);
        var back = Vocabulary.Load(Write(TokenizerJson.Write(vocabulary)));
        Assert.Equal(vocabulary.Pieces, back.Pieces);
        Assert.Equal(vocabulary.Sha256, back.Sha256);
        var (expected, found) = (new CaptionTokenizer(vocabulary).Frame([text], 20, TokenPadding.MaxLength), new CaptionTokenizer(back).Frame([text], 20, TokenPadding.MaxLength));
        Assert.Equal(expected.Ids, found.Ids);
        Assert.True(expected.Ids.Distinct().Count() > 4);
    }

    [Fact]
    public void Write_OfAVocabularyWithoutMask_FramesByItsOwnIdsAndAddsNoToken()
    {
        using var json = JsonDocument.Parse(TokenizerJson.Write(new Vocabulary(["red", "[SEP]", "[PAD]", "[UNK]", "[CLS]"])));
        var root = json.RootElement;
        Assert.Equal(["1 [SEP]", "2 [PAD]", "3 [UNK]", "4 [CLS]", "5 [DEC]", "6 [ENC]"], root.GetProperty("added_tokens").EnumerateArray().Select(token => $"{token.GetProperty("id")} {token.GetProperty("content")}"));
        Assert.Equal(7, root.GetProperty("model").GetProperty("vocab").EnumerateObject().Count());
        var post = root.GetProperty("post_processor");
        Assert.Equal(
            ["""{"SpecialToken":{"id":"[CLS]","type_id":0}}""", """{"Sequence":{"id":"A","type_id":0}}""", """{"SpecialToken":{"id":"[SEP]","type_id":0}}"""],
            post.GetProperty("single").EnumerateArray().Select(part => JsonSerializer.Serialize(part)));
        Assert.Equal((4, 1), (IdOf("[CLS]"), IdOf("[SEP]")));
        Assert.Equal(["BertNormalizer", "BertPreTokenizer", "WordPiece", "WordPiece"], new[] { "normalizer", "pre_tokenizer", "decoder", "model" }.Select(part => root.GetProperty(part).GetProperty("type").GetString()));

        int IdOf(string token) => post.GetProperty("special_tokens").GetProperty(token).GetProperty("ids")[0].GetInt32();
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
