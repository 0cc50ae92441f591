using System.Text.Json;
using OrleansBlip.Data.Text;
using OrleansBlip.Golden;

namespace OrleansBlip.Data.Tests.Text;

[Trait("Category", "Parity")]
public class Golden_F_Captions
{
    [GoldenFact("f-caption", "c-pretrain-step/vocab.tiny.txt")]
    public void Decode_GeneratedIds_GivesTheReferencesCaptions()
    {
        var tokenizer = new CaptionTokenizer(Vocabulary.Load(GoldenFolder.Case("c-pretrain-step/vocab.tiny.txt")));
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Case("f-caption/generation.json")));
        var prompt = json.RootElement.GetProperty("prompt").GetString()!;
        Assert.Equal(json.RootElement.GetProperty("prompt_length").GetInt32(), tokenizer.PromptLength(prompt));
        Assert.Equal(json.RootElement.GetProperty("eos").GetInt32(), tokenizer.Vocabulary.Separator);
        var runs = json.RootElement.GetProperty("runs").EnumerateObject().Select(run => run.Value).Append(json.RootElement.GetProperty("nucleus")).ToArray();
        foreach (var run in runs)
        {
            var found = run.GetProperty("sequences").EnumerateArray()
                .Select(sequence => CaptionText.StripPrompt(tokenizer.Decode([.. sequence.EnumerateArray().Select(id => id.GetInt64())]), prompt));
            Assert.Equal(run.GetProperty("captions").EnumerateArray().Select(caption => caption.GetString()!), found);
        }
    }
}
