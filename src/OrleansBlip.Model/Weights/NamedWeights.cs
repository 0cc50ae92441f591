using System.Collections.Immutable;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Weights;

/// <summary>Named tensors in and out of a model.</summary>
public static class NamedWeights
{
    /// <summary>
    /// Copies every tensor of <paramref name="file"/> that the model knows, under any of its names. A captioner takes its share of a pre-training
    /// checkpoint this way. Values outside a tensor's bounds are clamped, as the optimizer would.
    /// </summary>
    /// <param name="source">The layout of the model that the file was written from, when it holds tied tensors once: it knows their other names.</param>
    /// <param name="progress">Told of each tensor of the file; null where nobody watches.</param>
    public static LoadReport Load(this BlipModel model, ITensorSource file, ParameterLayout? source = null, IProgress<TensorProgress>? progress = null)
    {
        var aliases = (source?.Entries ?? []).ToDictionary(entry => entry.Name, entry => entry.Aliases, StringComparer.Ordinal);
        var loaded = new Dictionary<ModelParameter, string>();
        var present = new HashSet<ModelParameter>();
        var surplus = ImmutableArray.CreateBuilder<string>();
        var misshaped = ImmutableArray.CreateBuilder<string>();
        var untied = ImmutableArray.CreateBuilder<string>();
        foreach (var (number, (stored, tensor)) in file.Tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal).Index())
        {
            progress?.Report(new TensorProgress(IsWriting: false, number, file.Tensors.Count));
            ModelParameter[] targets = [.. Names(stored).Select(model.FindParameter).OfType<ModelParameter>().Distinct()];
            if (targets.Length == 0) surplus.Add(stored);
            present.UnionWith(targets);
            foreach (var parameter in targets)
            {
                if (!parameter.Shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan())) misshaped.Add($"{stored} [{string.Join(", ", tensor.Shape)}], the model's is [{string.Join(", ", parameter.Shape)}]");
                else if (loaded.TryAdd(parameter, stored)) Copy(file, stored, parameter);
                else if (!Equal(file, stored, loaded[parameter])) untied.Add($"{loaded[parameter]} and {stored}");
            }
        }
        progress?.Report(new TensorProgress(IsWriting: false, file.Tensors.Count, file.Tensors.Count));
        return new LoadReport
        {
            Missing = [.. model.Parameters.Where(parameter => !present.Contains(parameter)).Select(parameter => parameter.Name)],
            Surplus = surplus.ToImmutable(),
            Misshaped = misshaped.ToImmutable(),
            Untied = untied.ToImmutable(),
        };

        IEnumerable<string> Names(string stored) => aliases.TryGetValue(stored, out var others) ? others.Prepend(stored) : [stored];
    }

    private static void Copy(ITensorSource file, string name, ModelParameter parameter)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var values = file.Tensors[name].Dtype == TensorDtype.F64 ? torch.tensor(file.Read<double>(name)) : torch.tensor(file.ReadSingles(name));
        if (parameter.Bounds is { } bounds) values.ClampInPlace(bounds.Lower, bounds.Upper);
        parameter.Tensor.copy_(values.view([.. parameter.Shape]));
    }

    private static bool Equal(ITensorSource file, string one, string other)
    {
        if (file.Tensors[one].Dtype != file.Tensors[other].Dtype) return false;
        var (a, b) = (new byte[file.Tensors[one].ByteCount], new byte[file.Tensors[other].ByteCount]);
        file.ReadBytes(one, 0, a);
        file.ReadBytes(other, 0, b);
        return a.AsSpan().SequenceEqual(b);
    }
}
