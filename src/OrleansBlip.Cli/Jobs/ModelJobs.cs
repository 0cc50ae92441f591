using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>model import</c>, <c>model export</c> and <c>model inspect</c>.</summary>
internal static class ModelJobs
{
    public static async Task<int> Import(ModelImportRequest request, JobConsole console, CancellationToken cancellation)
    {
        RequireFree(request.Out);
        var (folder, initialized, ignored) = await Shown(console, cancellation, progress => new ModelImport
        {
            Source = request.Source,
            Family = request.Family,
            Vocabulary = request.Vocabulary,
            Heads = request.Heads,
            ImageSize = request.ImageSize,
            Prompt = request.Prompt,
            Progress = progress,
        }.Run(request.Out));
        console.WriteResult(new { model = folder.Path, family = folder.Spec.Family, weightsSha256 = folder.WeightsSha256, initialized = string.Join(", ", initialized), ignored = string.Join(", ", ignored) });
        return ExitCode.Ok;
    }

    public static async Task<int> Export(ModelExportRequest request, JobConsole console, CancellationToken cancellation)
    {
        RequireFree(request.Out);
        var model = ModelFolder.Open(request.Model);
        var family = request.Family ?? model.Spec.Family;
        if (family == "pretraining") throw new CommandException(ExitCode.Usage, "a pre-training model is written as what is in it; give captioner or filter by --family");
        await Shown(console, cancellation, progress =>
        {
            try
            {
                HuggingFaceExport.Write(model, family, request.Out, progress);
                return model;
            }
            catch (NotSupportedException error)
            {
                throw new CommandException(ExitCode.Usage, error.Message, error);
            }
        });
        console.WriteResult(new { exported = request.Out, family, weightsSha256 = model.WeightsSha256 });
        return ExitCode.Ok;
    }

    public static async Task<int> Inspect(string path, JobConsole console, CancellationToken cancellation)
    {
        var folder = File.Exists(Path.Combine(path, "model.json")) ? ModelFolder.Open(path) : null;
        // Names and shapes alone; but those of an old .pth file lie all over it.
        using var weights = await Shown(console, cancellation, progress =>
        {
            progress.Report(new TensorProgress(IsWriting: false, 0, 1));
            var opened = TensorFiles.Open(path);
            progress.Report(new TensorProgress(IsWriting: false, opened.Tensors.Count, opened.Tensors.Count));
            return opened;
        });
        var spec = folder?.Spec ?? ModelImport.SpecOf(weights, path);
        console.WriteResult(new
        {
            path,
            family = spec.Family,
            vision = $"{spec.Vision.ImageSize} pixels, patches of {spec.Vision.PatchSize}, {spec.Vision.Width} wide, {spec.Vision.Depth} deep, {spec.Vision.Heads} heads",
            text = $"{spec.Text.VocabularySize} pieces, {spec.Text.Width} wide, {spec.Text.Depth} deep, {spec.Text.Heads} heads",
            parameters = Model.BlipModel.LayoutOf(Families.Compose(spec)).ElementCount,
            tensors = weights.Tensors.Count,
            weightsSha256 = folder?.WeightsSha256,
        });
        return ExitCode.Ok;
    }

    private static async Task<T> Shown<T>(JobConsole console, CancellationToken cancellation, Func<IProgress<TensorProgress>, T> work)
    {
        await using var view = console.OpenProgress(TimeProvider.System);
        return work(new TensorProgressView(view, cancellation));
    }

    private static void RequireFree(string path)
    {
        if (Directory.Exists(path) || File.Exists(path)) throw new CommandException(ExitCode.Conflict, $"'{path}' exists already; choose another folder by --out");
    }
}
