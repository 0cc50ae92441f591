using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Cli.Tests.Nodes;

/// <summary>Jobs on node processes, which die or are killed together with what started them: the weights are those of the nodes in one process.</summary>
public sealed class UpTests : IDisposable
{
    private const int Steps = 16;

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-up").FullName;
    private readonly StringWriter _error = new();

    [ProcessesFact]
    public async Task Train_OnAClusterThatIsUp_OneOfWhoseNodesIsKilled_EndsWithTheEmbeddedClustersWeights()
    {
        var embedded = await TrainAsync("embedded");
        string silo = Path.Combine(_folder, "certs", "nodes"), client = Path.Combine(_folder, "certs", "me");
        Assert.Equal(ExitCode.Ok, await CommandRunner.RunAsync(
            new BlipRootCommand { CertsCommand.Create(CertsJob.Create) }, ["certs", "create", "--out", Path.Combine(_folder, "certs"), "--name", "nodes", "--client", "me"], new StringWriter(), _error));
        using var up = new BlipProgram("up", "--nodes", "2", "--devices", "1", "--device", "cpu", "--cluster", Path.GetFileName(_folder), "--certificates", silo);
        string connection = (await up.LineAsync("^export ORLEANSBLIP_DATABASE='(.+)'$")).Groups[1].Value;
        int node = int.Parse((await up.LineAsync("^node-2: running, process ([0-9]+), 1 devices")).Groups[1].Value);

        var training = TrainAsync("up", "--cluster", Path.GetFileName(_folder), "--database", connection, "--certificates", client);
        await up.UntilAsync(() => training.IsCompleted || HasCheckpoint("up"));
        // Where it has failed this tells why.
        if (training.IsCompleted) await training;
        Assert.False(training.IsCompleted);
        await BlipProgram.SignalAsync("KILL", node);
        await up.LineAsync($"^node-2: process {node} was ended by signal 9; it is started again in 1 s$");
        Assert.Equal((string)embedded["weightsSha256"]!, (string)(await training)["weightsSha256"]!);
        await up.LineAsync($"^node-2: running, process (?!{node},)[0-9]+, 1 devices");

        string database = await DataFolderAsync(connection);
        int[] children = up.Children();
        Assert.Equal(3, children.Length);
        Assert.Equal(ExitCode.Ok, await up.TerminateAsync());
        Assert.DoesNotContain(children, id => Directory.Exists($"/proc/{id}"));
        Assert.False(Directory.Exists(Path.GetDirectoryName(database)));
    }

    [ProcessesFact]
    public async Task Train_InProcesses_KilledWithAllThatItStarted_GoesOnWhenResumed()
    {
        var embedded = await TrainAsync("embedded");
        using (var first = new BlipProgram([.. Arguments("killed"), "--nodes", "2", "--processes", "--device", "cpu"]))
        {
            await first.UntilAsync(() => HasCheckpoint("killed"));
            int[] children = first.Children();
            Assert.Equal(3, children.Length);
            await first.KillAsync();
            await first.UntilAsync(() => children.All(id => !Directory.Exists($"/proc/{id}")));
        }
        Assert.False(Directory.Exists(Path.Combine(_folder, "killed", "model")));
        var resumed = await TrainAsync("killed", "--nodes", "2", "--processes", "--resume");
        Assert.Equal((string)embedded["weightsSha256"]!, (string)resumed["weightsSha256"]!);
    }

    [ProcessesFact]
    public async Task Bootstrap_OfWhichNodesAreKilledInEachPhase_MakesTheEmbeddedClustersDataSetAndModel()
    {
        new ShapeWorldWriter(new ShapeWorldSpec { WebCount = 1000, CleanCount = 80, ValCount = 0, TestCount = 0 }).Write(Path.Combine(_folder, "world"));
        var embedded = await BootstrapAsync("embedded");
        using var program = new BlipProgram([.. BootstrapArguments("killed"), "--nodes", "2", "--processes"]);
        string[] phases = ["Pretraining", "FinetuningCaptioner", "Captioning", "Filtering"];
        foreach (string phase in phases)
        {
            await program.LineAsync($"^round 1, {phase}: begins$");
            int node = 0;
            await program.UntilAsync(() => (node = program.Nodes().FirstOrDefault()) != 0);
            await BlipProgram.SignalAsync("KILL", node);
        }
        var result = JsonNode.Parse(await program.ResultAsync())!;
        Assert.Equal(phases.Length, Regex.Count($"{program}", "process [0-9]+ was ended by signal 9"));
        Assert.True((long)embedded["kept"]!["web"]! > 0 && (long)embedded["kept"]!["synthetic"]! > 0, $"{embedded}");
        Assert.Equal((string)embedded["datasetDigest"]!, (string)result["datasetDigest"]!);
        Assert.Equal(HashOfModel(embedded), HashOfModel(result));
    }

    [Theory]
    [InlineData("leave out one of them", "--processes", "--cluster", "x", "--database", "y")]
    [InlineData("give --database, or set ORLEANSBLIP_DATABASE", "--cluster", "x")]
    [InlineData("--database is for --processes or --cluster", "--database", "y")]
    [InlineData("--certificates is for --processes or --cluster", "--certificates", "y")]
    public async Task Train_OnAClusterThatIsNoneOrTwo_IsRefused(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(new StringWriter(), ["train", "a", "--out", Path.Combine(_folder, "no"), .. arguments]));
        Assert.Contains(expected, _error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private bool HasCheckpoint(string job) =>
        Path.Combine(_folder, job, "checkpoints", "manifests") is var manifests && Directory.Exists(manifests) && Directory.EnumerateFiles(manifests).Any(file => !file.EndsWith(".partial", StringComparison.Ordinal));

    private static string HashOfModel(JsonNode result) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine((string)result["model"]!, "model.safetensors"))));

    private async Task<JsonNode> BootstrapAsync(string job, params string[] arguments)
    {
        var output = new StringWriter();
        int code = await CommandRunner.RunAsync(new BlipRootCommand { BootstrapCommand.Create(BootstrapJob.RunAsync) }, [.. BootstrapArguments(job), "--quiet", .. arguments], output, _error);
        Assert.True(code == 0, _error.ToString());
        return JsonNode.Parse(output.ToString())!;
    }

    private string[] BootstrapArguments(string job) =>
    [
        "bootstrap", Path.Combine(_folder, "world", "web"), "--clean", Path.Combine(_folder, "world", "clean"), "--out", Path.Combine(_folder, job), "--recipe", "grid", "--steps", "60", "--finetuning-steps", "30",
        "--threshold", "0", "--device", "cpu", "--json",
    ];

    private string[] Arguments(string job) =>
        ["train", Path.Combine(_folder, "world", "clean"), "--recipe", "grid", "--steps", $"{Steps}", "--checkpoint-interval", "4", "--out", Path.Combine(_folder, job), "--quiet"];

    private async Task<JsonNode> TrainAsync(string job, params string[] arguments)
    {
        string world = Path.Combine(_folder, "world");
        if (!Directory.Exists(world)) new ShapeWorldWriter(new ShapeWorldSpec { WebCount = 0, CleanCount = 80, ValCount = 0, TestCount = 0 }).Write(world);
        var output = new StringWriter();
        Assert.True(await RunAsync(output, [.. Arguments(job), .. arguments, "--device", "cpu", "--json"]) == 0, _error.ToString());
        return JsonNode.Parse(output.ToString())!;
    }

    private Task<int> RunAsync(StringWriter output, string[] arguments) => CommandRunner.RunAsync(new BlipRootCommand { TrainCommand.Create(TrainJob.RunAsync) }, arguments, output, _error);

    private static async Task<string> DataFolderAsync(string connection)
    {
        await using var database = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ToString());
        await database.OpenAsync();
        await using var ask = new NpgsqlCommand("SHOW data_directory", database);
        return (string)(await ask.ExecuteScalarAsync())!;
    }
}
