using OrleansBlip.Cli.Commands;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>model import</c>, <c>model export</c> and <c>model inspect</c>.</summary>
internal static class ModelJobs
{
    public static int Import(ModelImportRequest request, JobConsole console)
    {
        RequireFree(request.Out);
        var import = new ModelImport
        {
            Source = request.Source,
            Family = request.Family,
            Vocabulary = request.Vocabulary,
            Heads = request.Heads,
            ImageSize = request.ImageSize,
            Prompt = request.Prompt,
        };
        var (folder, initialized, ignored) = import.Run(request.Out);
        console.WriteResult(new { model = folder.Path, family = folder.Spec.Family, weightsSha256 = folder.WeightsSha256, initialized = string.Join(", ", initialized), ignored = string.Join(", ", ignored) });
        return ExitCode.Ok;
    }

    public static int Export(ModelExportRequest request, JobConsole console)
    {
        RequireFree(request.Out);
        var model = ModelFolder.Open(request.Model);
        var family = request.Family ?? model.Spec.Family;
        if (family == "pretraining") throw new CommandException(ExitCode.Usage, "a pre-training model is written as what is in it; give captioner or filter by --family");
        try
        {
            HuggingFaceExport.Write(model, family, request.Out);
        }
        catch (NotSupportedException error)
        {
            throw new CommandException(ExitCode.Usage, error.Message, error);
        }
        console.WriteResult(new { exported = request.Out, family, weightsSha256 = model.WeightsSha256 });
        return ExitCode.Ok;
    }

    public static int Inspect(string path, JobConsole console)
    {
        var folder = File.Exists(Path.Combine(path, "model.json")) ? ModelFolder.Open(path) : null;
        using var weights = TensorFiles.Open(path);
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

    private static void RequireFree(string path)
    {
        if (Directory.Exists(path) || File.Exists(path)) throw new CommandException(ExitCode.Conflict, $"'{path}' exists already; choose another folder by --out");
    }
}
