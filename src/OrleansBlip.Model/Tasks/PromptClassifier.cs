using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Classifies images without training: each class is the mean feature of its prompts ("a picture of a dog", "a photo of the dog"), normalised, and an image
/// belongs to the class whose feature is nearest, softened by the model's temperature. Used on the calling thread. Legend: B images, C classes, P prompts of a class.
/// </summary>
public sealed class PromptClassifier : IDisposable
{
    private readonly FeatureExtractor _features;
    private readonly torch.Tensor _classes;
    private readonly double _temperature;

    /// <param name="model">A pre-training or filter model; it must outlive this.</param>
    /// <param name="tokens">(C·P, T) int64, the prompts class by class, framed as texts are.</param>
    /// <param name="mask">(C·P, T), 1 for tokens and 0 for padding.</param>
    /// <param name="special">Ids of the framing tokens.</param>
    /// <param name="prompts">P.</param>
    /// <exception cref="ArgumentException">The texts are not so many for each class.</exception>
    /// <exception cref="CompositionException">The model compares no features.</exception>
    public PromptClassifier(BlipModel model, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special, int prompts)
    {
        if (prompts < 1 || tokens.shape[0] % prompts != 0) throw new ArgumentException($"{tokens.shape[0]} texts are not {prompts} for each class.", nameof(prompts));
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var temperature = model.Find("temp") ?? throw new CompositionException($"Composition '{model.Composition.Name}' compares no features, so it cannot classify by prompts; pretraining and filter do.");
        _temperature = temperature.Number();
        _features = new FeatureExtractor(model);
        var each = _features.ProjectedText(tokens, mask, special); // (C·P, d)
        _classes = torch.nn.functional.normalize(each.view(-1, prompts, each.shape[1]).mean([1]), dim: -1).DetachFromDisposeScope(); // (C, d)
    }

    /// <summary>Probabilities of the classes for images (B, 3, S, S): (B, C).</summary>
    public torch.Tensor Classify(torch.Tensor images)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        return torch.matmul(_features.ProjectedImage(images), _classes.t()).Times(1 / _temperature).softmax(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _classes.Dispose();
}
