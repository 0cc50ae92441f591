using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Order;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>
/// A model folder put to use on pictures at hand: captions, matches, answers. Wherever pictures (B, 3, S, S) are asked for, videos of F frames will do,
/// (B, F, 3, S, S). Used on the calling thread.
/// </summary>
public sealed class ImageModel : IDisposable
{
    private static readonly ulong Site = KeyedRandom.Word("caption");

    private readonly BlipModel _model;
    private readonly CaptionTokenizer _tokenizer;

    /// <param name="folder">The model.</param>
    /// <param name="device">Where it computes; default: CPU.</param>
    /// <exception cref="InvalidDataException">The folder's tensors do not fit its model.</exception>
    public ImageModel(ModelFolder folder, torch.Device? device = null)
    {
        Folder = folder;
        _tokenizer = new CaptionTokenizer(folder.Vocabulary);
        _model = folder.Load(device: device);
        Special = folder.Vocabulary.Framing();
    }

    /// <summary>The folder.</summary>
    public ModelFolder Folder { get; }

    private SpecialTokens Special { get; }

    /// <summary>A caption of each picture (B, 3, S, S), by beam search.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="settings">Lengths, which count the prompt, and beams.</param>
    /// <exception cref="CompositionException">The model has no decoder.</exception>
    /// <exception cref="InvalidDataException">The prompt is as long as a caption may be.</exception>
    public IReadOnlyList<(string Text, double LogProbability)> Caption(torch.Tensor images, GenerationSettings settings)
    {
        var prompt = Prompt(settings);
        return [.. new Captioner(_model).Beam(images, prompt, settings).Select(sequence => Decoded(sequence, prompt.Length))];
    }

    /// <summary>A caption of each picture, drawn from the likeliest tokens; a function of the seed and the picture's name.</summary>
    /// <exception cref="CompositionException">The model has no decoder.</exception>
    /// <exception cref="InvalidDataException">The prompt is as long as a caption may be.</exception>
    public IReadOnlyList<(string Text, double LogProbability)> DrawCaption(torch.Tensor images, IReadOnlyList<string> names, GenerationSettings settings, long seed)
    {
        var prompt = Prompt(settings);
        ulong[] keys = [.. names.Select(name => KeyedRandom.Combine((ulong)seed, Site, KeyedRandom.Word(name)))];
        var sequences = new Captioner(_model).Nucleus(images, prompt, settings, (row, token) => new KeyedRandom(keys[row], (ulong)token).NextDouble());
        return [.. sequences.Select(sequence => Decoded(sequence, prompt.Length))];
    }

    /// <summary>How well a text fits each picture: the probability of a match by ITM, 0–1, and the cosine of the ITC features, −1 to 1.</summary>
    /// <exception cref="CompositionException">The model has no matching head or no projections.</exception>
    public IReadOnlyList<(double Match, double Similarity)> Match(torch.Tensor images, string text)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var matcher = new Matcher(_model);
        var count = images.shape[0];
        var (tokens, mask) = Frame(CaptionText.PreCaption(text, Folder.DataSpec.CaptionWordsMax), count);
        var (imageTokens, features) = matcher.Images(images);
        var similarities = torch.matmul(features, matcher.Texts(tokens.narrow(0, 0, 1), mask.narrow(0, 0, 1), Special).t()).reshape(-1);
        var matches = matcher.Match(imageTokens, tokens, mask, Special.Encode).softmax(1).select(1, 1);
        return [.. matches.to(torch.ScalarType.Float64).ToManaged<double>().Zip(similarities.to(torch.ScalarType.Float64).ToManaged<double>())];
    }

    /// <summary>An answer to one question about each picture, by beam search.</summary>
    /// <exception cref="InvalidDataException">The model answers no questions.</exception>
    public IReadOnlyList<(string Text, double LogProbability)> Answer(torch.Tensor images, string question, GenerationSettings settings)
    {
        RequireFamily("vqa", "answers no questions");
        using var scope = torch.NewDisposeScope();
        var (tokens, mask) = Frame(CaptionText.PreQuestion(question), images.shape[0]);
        return [.. new QuestionAnswerer(_model).Generate(images, tokens, mask, Special, settings).Select(sequence => Decoded(sequence, 1))];
    }

    /// <summary>The best of given answers to one question about each picture, by the likelihood of its whole text, and that text's log-probability, smoothed.</summary>
    /// <param name="images">The pictures, (B, 3, S, S).</param>
    /// <param name="question">The question.</param>
    /// <param name="answers">The candidates, at least one.</param>
    /// <param name="count">Candidates, by the likelihood of their first token, that are compared to the end; the reference: 128.</param>
    /// <exception cref="InvalidDataException">The model answers no questions.</exception>
    public IReadOnlyList<(string Text, double LogProbability)> RankAnswers(torch.Tensor images, string question, IReadOnlyList<string> answers, int count)
    {
        RequireFamily("vqa", "answers no questions");
        using var scope = torch.NewDisposeScope();
        var (tokens, mask) = Frame(CaptionText.PreQuestion(question), images.shape[0]);
        var framed = _tokenizer.Frame(answers, Folder.DataSpec.TokensMax, TokenPadding.Longest);
        var (candidates, candidateMask) = (torch.tensor(framed.Ids).view(answers.Count, framed.Length), torch.tensor(framed.Mask).view(answers.Count, framed.Length));
        return [.. new QuestionAnswerer(_model).Rank(images, tokens, mask, candidates, candidateMask, Special, Math.Min(count, answers.Count))
            .Select(ranking => (answers[(int)ranking.Best], ranking.Scores.Max()))];
    }

    /// <summary>Reads a picture (1, 3, S, S) and what both who talk know of it, which may be empty, once for all questions of a dialogue about it.</summary>
    /// <exception cref="InvalidDataException">The model ranks no answers in dialogues.</exception>
    public DialogueScene OpenDialogue(torch.Tensor image, string caption)
    {
        RequireFamily("visdial", "ranks no answers in dialogues");
        using var scope = torch.NewDisposeScope();
        var context = Frame(CaptionText.PreCaption(caption, Folder.DataSpec.CaptionWordsMax), rows: 1);
        return new DialogueRanker(_model).Open(image, new ContextBatch(context.Tokens, context.Mask), Special);
    }

    /// <summary>The probability, 0–1, of each of given answers to the next question of a dialogue.</summary>
    /// <param name="about">What the dialogue is about.</param>
    /// <param name="question">The question.</param>
    /// <param name="history">The rounds before, the oldest first; those that do not fit are left out.</param>
    /// <param name="answers">The candidates, at least one.</param>
    public double[] RankInDialogue(DialogueScene about, string question, IReadOnlyList<(string Question, string Answer)> history, IReadOnlyList<string> answers)
    {
        using var scope = torch.NewDisposeScope();
        var dialogue = new DialogueText(_tokenizer, Folder.DataSpec);
        var framed = _tokenizer.Frame([.. answers.Select(answer => dialogue.Of(question, history, answer))], Folder.DataSpec.TokensMax, TokenPadding.Longest);
        var (tokens, mask) = (torch.tensor(framed.Ids).view(answers.Count, framed.Length), torch.tensor(framed.Mask).view(answers.Count, framed.Length));
        return new DialogueRanker(_model).Score(about, tokens, mask, Special).to(torch.ScalarType.Float64).ToManaged<double>();
    }

    /// <summary>The probability that a sentence is true of two pictures, (2, 3, S, S), 0–1.</summary>
    /// <exception cref="InvalidDataException">The model judges no sentences.</exception>
    public double Judge(torch.Tensor images, string sentence)
    {
        RequireFamily("nlvr", "judges no sentences about two pictures");
        using var scope = torch.NewDisposeScope();
        var (tokens, mask) = Frame(CaptionText.PreCaption(sentence, Folder.DataSpec.CaptionWordsMax), rows: 1);
        return new SentenceJudge(_model).Judge(images, tokens, mask, Special).to(torch.ScalarType.Float64).item<double>();
    }

    /// <summary>
    /// A feature for each picture (B, 3, S, S): the state of its first token, D values, or, projected for comparison, d values of norm 1; of a video the mean
    /// over its frames. That of a text is the same for all of them.
    /// </summary>
    /// <param name="images">The pictures.</param>
    /// <param name="text">The text; null for the pictures' own features.</param>
    /// <param name="kind">What the features are of.</param>
    /// <param name="isProjected">Whether they are projected; those of a text grounded in a picture never are.</param>
    /// <exception cref="ArgumentException">A text is missing, or there is no such projection.</exception>
    /// <exception cref="CompositionException">The model has no such part.</exception>
    public IReadOnlyList<float[]> Features(torch.Tensor images, string? text, FeatureKind kind, bool isProjected)
    {
        if (kind != FeatureKind.Image && text is null) throw new ArgumentException($"Features of kind {kind} need a text.", nameof(text));
        if (kind == FeatureKind.Multimodal && isProjected) throw new ArgumentException("A text grounded in a picture has no projected feature: nothing compares it.", nameof(isProjected));
        using var scope = torch.NewDisposeScope();
        var (features, count) = (new FeatureExtractor(_model), images.shape[0]);
        var (tokens, mask) = text is null ? (null!, null!) : Frame(CaptionText.PreCaption(text, Folder.DataSpec.CaptionWordsMax), count);
        var states = (kind, isProjected) switch
        {
            (FeatureKind.Image, true) => features.ProjectedImage(images),
            (FeatureKind.Image, false) => features.ImageFirst(images),
            (FeatureKind.Text, true) => features.ProjectedText(tokens, mask, Special),
            (FeatureKind.Text, false) => features.Text(tokens, mask, Special).select(1, 0),
            _ => features.Multimodal(images, tokens, mask, Special).select(1, 0),
        };
        var (width, values) = ((int)states.shape[1], states.ToManaged<float>());
        return [.. Enumerable.Range(0, (int)count).Select(row => values.AsSpan(row * width, width).ToArray())];
    }

    /// <summary>The probability of each class for each picture (B, 3, S, S), by prompts alone: no training, no examples.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="templates">Texts in which <c>{}</c> stands for a class's name; their features are averaged.</param>
    /// <exception cref="CompositionException">The model compares no features.</exception>
    public IReadOnlyList<double[]> Classify(torch.Tensor images, IReadOnlyList<string> classes, IReadOnlyList<string> templates)
    {
        using var scope = torch.NewDisposeScope();
        string[] prompts = [.. classes.SelectMany(name => templates.Select(template =>
            CaptionText.PreCaption(template.Replace("{}", name, StringComparison.Ordinal), Folder.DataSpec.CaptionWordsMax)))];
        var framed = _tokenizer.Frame(prompts, Folder.DataSpec.TokensMax, TokenPadding.Longest);
        using var classifier = new PromptClassifier(
            _model, torch.tensor(framed.Ids).view(prompts.Length, framed.Length), torch.tensor(framed.Mask).view(prompts.Length, framed.Length), Special, templates.Count);
        var values = classifier.Classify(images).to(torch.ScalarType.Float64).ToManaged<double>();
        return [.. values.Chunk(classes.Count)];
    }

    /// <summary>Settings of a generation with this model's tokens, without what the reference adds to it (top-k, repetition penalty), which hurts short captions.</summary>
    /// <param name="lengthMax">The most tokens, prompt included; no more than the model has positions for.</param>
    public GenerationSettings Settings(int lengthMax, int lengthMin, int beams, double topP) => new()
    {
        EndId = Special.Separator,
        PadId = Special.Padding,
        MaxLength = Math.Min(lengthMax, Folder.Spec.Text.PositionsMax),
        MinLength = lengthMin,
        Beams = beams,
        TopP = topP,
        TopK = null,
    };

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private void RequireFamily(string family, string lack)
    {
        if (Folder.Spec.Family != family) throw new InvalidDataException($"'{Folder.Path}' holds a model of family '{Folder.Spec.Family}', which {lack}; one of family {family} does.");
    }

    private long[] Prompt(GenerationSettings settings)
    {
        long[] prompt = [Special.Decode, .. _tokenizer.Encode(Folder.DataSpec.Prompt)];
        if (prompt.Length < settings.MaxLength) return prompt;
        throw new InvalidDataException($"Captions of '{Folder.Path}' begin with {prompt.Length} tokens, [DEC] and those of '{Folder.DataSpec.Prompt}'; a length of at most {settings.MaxLength} leaves no room for more.");
    }

    // The same text in each of so many rows.
    private (torch.Tensor Tokens, torch.Tensor Mask) Frame(string text, long rows)
    {
        var framed = _tokenizer.Frame([text], Folder.DataSpec.TokensMax, TokenPadding.Longest);
        return (torch.tensor(framed.Ids).view(1, framed.Length).expand(rows, -1), torch.tensor(framed.Mask).view(1, framed.Length).expand(rows, -1));
    }

    private (string, double) Decoded(GeneratedSequence sequence, int promptLength) => (_tokenizer.Decode(sequence.Ids.AsSpan(promptLength)), sequence.LogProbability);
}
