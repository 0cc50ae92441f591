using System.Text;
using System.Text.Json;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.Text;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Weights.HuggingFace;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>Writes a model as the folder that Hugging Face's <c>from_pretrained</c> reads (reference/blip.md §8): weights, configuration, tokenizer, pre-processing, model card.</summary>
public static class HuggingFaceExport
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes the folder, which appears when all of it is on the disk.</summary>
    /// <param name="model">The model.</param>
    /// <param name="family">What is written: captioner, filter or vqa; a pre-training model holds the first two.</param>
    /// <param name="path">The folder; it must not exist.</param>
    /// <param name="progress">Told how far the reading is, and then the writing; null where nobody watches.</param>
    /// <exception cref="NotSupportedException">Hugging Face has no class for the family, or none of these sizes.</exception>
    /// <exception cref="InvalidDataException">The model lacks parts of the family; the message lists their tensors.</exception>
    public static void Write(ModelFolder model, string family, string path, IProgress<TensorProgress>? progress = null)
    {
        if (Directory.Exists(path) || File.Exists(path)) throw new IOException($"'{path}' exists already; choose another folder.");
        var words = model.Vocabulary;
        var special = words.Framing();
        var spec = model.Spec with { Family = family };
        var config = HuggingFaceConfig.Write(spec, special);
        var partial = path + ".partial";
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        Directory.CreateDirectory(partial);
        using (var file = DurableFile.Create(Path.Combine(partial, "model.safetensors")))
        {
            WriteWeights(model, spec, file.Stream, progress);
            file.Commit();
        }
        Put("config.json", config);
        words.Save(Path.Combine(partial, "vocab.txt"));
        Put("tokenizer.json", TokenizerJson.Write(words));
        Put("preprocessor_config.json", HuggingFacePreprocessor.Write(model.DataSpec));
        Put("tokenizer_config.json", JsonSerializer.Serialize(Tokenizer(words, spec.Text.PositionsMax), Json));
        Put("special_tokens_map.json", JsonSerializer.Serialize(SpecialNames(words), Json));
        Put("generation_config.json", JsonSerializer.Serialize(
            new { bos_token_id = special.Decode, eos_token_id = special.Separator, pad_token_id = special.Padding, max_length = model.DataSpec.TokensMax }, Json));
        Put("README.md", Card(model, family));
        Directory.Move(partial, path);
        DurableFile.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);

        void Put(string name, string text) => DurableFile.WriteAllBytes(Path.Combine(partial, name), Encoding.UTF8.GetBytes(text + "\n"));
    }

    // Many versions of the library (4.45 too) tie nothing of the language-modelling head but its bias: its matrix is written beside the embeddings that it equals.
    private static void WriteWeights(ModelFolder model, ModelSpec spec, Stream stream, IProgress<TensorProgress>? progress)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var loaded = model.Load(Families.Compose(spec) with { Momentum = [], Objectives = [] }, progress: progress);
        var tensors =
            from entry in loaded.Layout.Entries
            from name in entry.Aliases.Prepend(entry.Name)
            where name == entry.Name || !name.EndsWith(".predictions.decoder.bias", StringComparison.Ordinal)
            select TensorData.Of<float>(HuggingFaceNames.Of(name), loaded.Find(entry.Name)!.reshape(-1).data<float>().ToArray(), entry.Shape.AsSpan());
        SafetensorsFile.Write(stream, tensors, new Dictionary<string, string> { ["format"] = "pt" }, progress);
    }

    private static Dictionary<string, object?> Tokenizer(Vocabulary words, int length)
    {
        var settings = SpecialNames(words);
        settings.Add("tokenizer_class", "BertTokenizer");
        settings.Add("processor_class", "BlipProcessor");
        settings.Add("do_lower_case", true);
        settings.Add("do_basic_tokenize", true);
        settings.Add("strip_accents", true);
        settings.Add("model_max_length", length);
        return settings;
    }

    // A mask token that the vocabulary lacks would be added behind the embeddings' last row unless it is said that there is none.
    private static Dictionary<string, object?> SpecialNames(Vocabulary words) => new()
    {
        ["unk_token"] = "[UNK]",
        ["sep_token"] = "[SEP]",
        ["pad_token"] = "[PAD]",
        ["cls_token"] = "[CLS]",
        ["mask_token"] = words.Pieces.Contains("[MASK]") ? "[MASK]" : null,
        ["bos_token"] = "[DEC]",
        ["additional_special_tokens"] = new[] { "[ENC]" },
    };

    private static string Card(ModelFolder model, string family) => $"""
        ---
        library_name: transformers
        tags: [blip, {family}]
        ---
        # BLIP {family}

        Written by OrleansBlip from a model of family `{model.Spec.Family}`.

        - Images: {model.Spec.Vision.ImageSize} × {model.Spec.Vision.ImageSize}, patches of {model.Spec.Vision.PatchSize}; ViT {model.Spec.Vision.Width} wide, {model.Spec.Vision.Depth} deep.
        - Texts: {model.Spec.Text.VocabularySize} pieces; transformer {model.Spec.Text.Width} wide, {model.Spec.Text.Depth} deep.
        - weightsSha256 of the model that it was written from: `{model.WeightsSha256}`
        - {Reading(model, family)}
        """;

    private static string Reading(ModelFolder model, string family)
    {
        var first = $"[ENC] (id {model.Vocabulary.Encode}) at their first position, where the library's processor puts [CLS]: set input_ids[:, 0] to it";
        return family switch
        {
            "captioner" => $"Captions begin with \"{model.DataSpec.Prompt}\".",
            "filter" => $"For matching, texts were read with {first}, unless use_itm_head is False.",
            _ => $"Questions were read with {first}.",
        };
    }
}
