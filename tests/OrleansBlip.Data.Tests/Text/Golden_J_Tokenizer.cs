using System.Text.Json;
using OrleansBlip.Data.Text;
using OrleansBlip.Golden;

namespace OrleansBlip.Data.Tests.Text;

[Trait("Category", "Parity")]
public class Golden_J_Tokenizer
{
    private static readonly Lazy<CaptionTokenizer> Bert = new(() => new CaptionTokenizer(Vocabulary.Load(GoldenFolder.Case("j-tokenizer/vocab.txt"))));

    [GoldenFact("j-tokenizer/vocab.txt")]
    public void Encode_EveryString_GivesTheReferencesIds()
    {
        foreach (var line in Lines())
        {
            var text = line.GetProperty("text").GetString()!;
            Assert.Equal((text, Join(Ids(line.GetProperty("input_ids"))[1..^1])), (text, Join(Bert.Value.Encode(text).Select(id => (long)id))));
        }
    }

    [GoldenFact("j-tokenizer/vocab.txt")]
    public void Frame_EveryString_GivesTheReferencesIdsAndMask()
    {
        foreach (var line in Lines())
        {
            var batch = Bert.Value.Frame([line.GetProperty("text").GetString()!], 20, TokenPadding.MaxLength);
            Assert.Equal(Ids(line.GetProperty("ids_pad20")), batch.Ids);
            Assert.Equal(Ids(line.GetProperty("mask_pad20")), batch.Mask);
        }
    }

    [GoldenFact("j-tokenizer/vocab.txt")]
    public void Decode_EveryString_GivesTheReferencesText()
    {
        foreach (var line in Lines())
        {
            var ids = Ids(line.GetProperty("input_ids"));
            Assert.Equal(line.GetProperty("decode").GetString(), Bert.Value.Decode(ids, skipSpecials: false));
            Assert.Equal(line.GetProperty("decode_skip_special").GetString(), Bert.Value.Decode(ids));
        }
    }

    [GoldenTheory("j-tokenizer/vocab.txt")]
    [InlineData("longest", 512, TokenPadding.Longest)]
    [InlineData("max_length_6_truncated", 6, TokenPadding.MaxLength)]
    public void Frame_Batch_GivesTheReferencesIdsAndMask(string name, int lengthMax, TokenPadding padding)
    {
        var texts = Batch().GetProperty("texts").EnumerateArray().Select(text => text.GetString()!).ToArray();
        var batch = Bert.Value.Frame(texts, lengthMax, padding);
        Assert.Equal(Batch().GetProperty(name).GetProperty("input_ids").EnumerateArray().SelectMany(Ids), batch.Ids);
        Assert.Equal(Batch().GetProperty(name).GetProperty("attention_mask").EnumerateArray().SelectMany(Ids), batch.Mask);
    }

    [GoldenFact("j-tokenizer/vocab.txt")]
    public void Decode_BatchIds_GivesTheReferencesTexts()
    {
        foreach (var row in Batch().GetProperty("decode").EnumerateArray())
        {
            Assert.Equal(row.GetProperty("decode").GetString(), Bert.Value.Decode(Ids(row.GetProperty("ids")), skipSpecials: false));
            Assert.Equal(row.GetProperty("decode_skip_special").GetString(), Bert.Value.Decode(Ids(row.GetProperty("ids"))));
        }
        foreach (var row in Batch().GetProperty("strip_prompt").EnumerateArray())
        {
            var decoded = Bert.Value.Decode(Ids(row.GetProperty("ids")));
            Assert.Equal(row.GetProperty("decoded").GetString(), decoded);
            Assert.Equal(row.GetProperty("caption").GetString(), CaptionText.StripPrompt(decoded, "a picture of "));
        }
    }

    [GoldenFact("j-tokenizer/vocab.txt")]
    public void Vocabulary_OfBert_HasTheReferencesSpecialIds()
    {
        var special = Batch().GetProperty("special");
        var vocabulary = Bert.Value.Vocabulary;
        Assert.Equal(special.GetProperty("len").GetInt32(), vocabulary.Count);
        Assert.Equal(
            new[] { "pad", "unk", "cls", "sep", "bos [DEC]", "enc [ENC]" }.Select(name => special.GetProperty(name).GetInt32()),
            [vocabulary.Pad, vocabulary.Unknown, vocabulary.Class, vocabulary.Separator, vocabulary.Decode, vocabulary.Encode]);
        // [CLS] a picture of [SEP]: [DEC] stands for [CLS], and [SEP] is not part of the prompt.
        Assert.Equal(Ids(Batch().GetProperty("prompt").GetProperty("input_ids")).Length - 1, Bert.Value.PromptLength("a picture of "));
    }

    [GoldenFact("j-tokenizer")]
    public void PreCaptionAndPreQuestion_EveryString_GiveTheReferencesTexts()
    {
        using var cases = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Case("j-tokenizer/pre_text.json")));
        foreach (var row in cases.RootElement.EnumerateArray())
        {
            var text = row.GetProperty("text").GetString()!;
            foreach (var words in new[] { 50, 40, 30, 3 })
                Assert.Equal(row.GetProperty($"pre_caption_{words}").GetString(), CaptionText.PreCaption(text, words));
            foreach (var words in new[] { 50, 3 })
                Assert.Equal(row.GetProperty($"pre_question_{words}").GetString(), CaptionText.PreQuestion(text, words));
        }
    }

    private static IEnumerable<JsonElement> Lines() => File.ReadAllText(GoldenFolder.Case("j-tokenizer/tokenize.jsonl"))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

    private static JsonElement Batch() => JsonDocument.Parse(File.ReadAllText(GoldenFolder.Case("j-tokenizer/batch.json"))).RootElement;

    private static long[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt64())];

    private static string Join(IEnumerable<long> ids) => string.Join(' ', ids);
}
