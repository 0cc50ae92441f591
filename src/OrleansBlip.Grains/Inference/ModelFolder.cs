using System.Text;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Runs;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>
/// A model at rest: <c>model.safetensors</c> (weights and momentum copies under the reference's names), <c>model.json</c>, <c>data.json</c> and
/// <c>vocab.txt</c>. It is what inference, evaluation and the next run start from.
/// </summary>
public sealed class ModelFolder
{
    private const string Weights = "model.safetensors", Model = "model.json", Data = "data.json", Words = "vocab.txt", HashKey = "weightsSha256";

    private ModelFolder(string path)
    {
        Path = path;
        foreach (var file in new[] { Weights, Model, Data, Words })
            if (!File.Exists(System.IO.Path.Combine(path, file))) throw new InvalidDataException($"'{path}' is no model folder: {file} is missing.");
        Spec = ModelSpec.FromJson(File.ReadAllText(System.IO.Path.Combine(path, Model)));
        DataSpec = DataSpec.FromJson(File.ReadAllText(System.IO.Path.Combine(path, Data)));
        Vocabulary = Vocabulary.Load(System.IO.Path.Combine(path, Words));
        using var weights = OpenWeights();
        WeightsSha256 = weights.Metadata.TryGetValue(HashKey, out var hash) ? hash : throw new InvalidDataException($"'{path}/{Weights}' does not tell its {HashKey}.");
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Sizes and family.</summary>
    public ModelSpec Spec { get; }

    /// <summary>How pictures and texts were prepared in training.</summary>
    public DataSpec DataSpec { get; }

    /// <summary>The words.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The one hash of weights and momentum copies.</summary>
    public string WeightsSha256 { get; }

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InvalidDataException">Something is missing or unreadable; the message says what.</exception>
    public static ModelFolder Open(string path) => new(path);

    /// <summary>Writes a folder; it appears when all of it is on the disk. An older one of the same name is replaced.</summary>
    public static ModelFolder Save(
        string path, ModelSpec spec, DataSpec data, Vocabulary vocabulary, ParameterLayout layout, ReadOnlySpan<float> weights, ReadOnlySpan<float> momentum,
        IProgress<TensorProgress>? progress = null)
    {
        var partial = path + ".partial";
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        Directory.CreateDirectory(partial);
        DurableFile.WriteAllBytes(System.IO.Path.Combine(partial, Model), Encoding.UTF8.GetBytes(spec.ToJson()));
        DurableFile.WriteAllBytes(System.IO.Path.Combine(partial, Data), Encoding.UTF8.GetBytes(data.ToJson()));
        vocabulary.Save(System.IO.Path.Combine(partial, Words));
        var metadata = new Dictionary<string, string> { [HashKey] = WeightsHash.Of(layout, weights, momentum), ["format"] = "pt" };
        using (var file = DurableFile.Create(System.IO.Path.Combine(partial, Weights)))
        {
            SafetensorsFile.Write(file.Stream, Tensors(layout, weights.ToArray(), momentum.ToArray()), metadata, progress);
            file.Commit();
        }
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        Directory.Move(partial, path);
        DurableFile.FlushFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        return new ModelFolder(path);
    }

    /// <summary>Turns a run's newest intact checkpoint into a model folder.</summary>
    /// <param name="checkpointFolder">The run's checkpoints.</param>
    /// <param name="vocabularyPath">The words of its texts.</param>
    /// <param name="path">Where the model goes.</param>
    /// <param name="damaged">Is told of each newer checkpoint that is damaged, with the reason; null where nobody is to be.</param>
    /// <exception cref="InvalidDataException">There is no checkpoint.</exception>
    /// <exception cref="CheckpointException">No checkpoint is intact.</exception>
    public static ModelFolder FromCheckpoint(string checkpointFolder, string vocabularyPath, string path, Action<string>? damaged = null)
    {
        using var checkpoint = new CheckpointStore(checkpointFolder).OpenNewest() ?? throw new InvalidDataException($"'{checkpointFolder}' holds no checkpoint.");
        foreach (string other in checkpoint.Rejected) damaged?.Invoke(other);
        var run = RunSpec.FromJson(checkpoint.Manifest.RunSpec);
        var spec = ModelSpec.FromJson(run.Model);
        var layout = BlipModel.LayoutOf(Families.Compose(spec));
        var shard = checkpoint.ReadShard(layout, 0, layout.ElementCount, OrleansBlip.Model.Optimization.DecayRule.All);
        return Save(path, spec, DataSpec.FromJson(run.Data), Vocabulary.Load(vocabularyPath), layout, shard.Weights.Span, shard.Momentum.Span);
    }

    /// <summary>Builds the model, or another composition that takes its tensors by name, on a device of the calling thread.</summary>
    /// <exception cref="InvalidDataException">Tensors are missing or misshaped; the message lists them.</exception>
    public BlipModel Load(Composition? composition = null, torch.Device? device = null, IProgress<TensorProgress>? progress = null)
    {
        var model = new BlipModel(composition ?? Families.Compose(Spec), device: device);
        try
        {
            LoadInto(model, progress);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Copies all tensors that <paramref name="model"/> knows into it; it must find all of its own here.</summary>
    /// <exception cref="InvalidDataException">Tensors are missing or misshaped; the message lists them.</exception>
    public void LoadInto(BlipModel model, IProgress<TensorProgress>? progress = null)
    {
        using var file = OpenWeights();
        model.Load(file, BlipModel.LayoutOf(Families.Compose(Spec)), progress).RequireComplete(Path);
    }

    private SafetensorsFile OpenWeights() => SafetensorsFile.Open(System.IO.Path.Combine(Path, Weights));

    private static IEnumerable<TensorData> Tensors(ParameterLayout layout, ReadOnlyMemory<float> weights, ReadOnlyMemory<float> momentum)
    {
        foreach (var entry in layout.Entries)
        {
            yield return TensorData.Of(entry.Name, weights.Slice((int)entry.Offset, (int)entry.Length), entry.Shape.AsSpan());
            if (entry.MomentumName is { } name) yield return TensorData.Of(name, momentum.Slice((int)entry.MomentumOffset, (int)entry.Length), entry.Shape.AsSpan());
        }
    }
}
