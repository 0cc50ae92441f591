using Microsoft.Extensions.DependencyInjection;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Silo.Tests.Bootstrapping;

/// <summary>A small world with a broken picture, and jobs that train the demo's model for a few steps on it.</summary>
public sealed class BootstrapFixture : IDisposable
{
    public const int PictureCount = 701;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1), Look = TimeSpan.FromMilliseconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-job").FullName;
    private readonly string _vocabulary;
    private readonly CapFiltRecipe _recipe;

    public BootstrapFixture()
    {
        new ShapeWorldWriter(new ShapeWorldSpec { WebCount = PictureCount - 1, CleanCount = 24, ValCount = 0, TestCount = 0, PicturesPerShard = 400 }).Write(_folder);
        using (var shards = new ShardWriter(PathOf("broken")))
        {
            shards.Add(new ShardSample("broken", new Dictionary<string, ReadOnlyMemory<byte>> { ["jpg"] = new byte[] { 0xFF, 0xD8, 0xFF, 0 }, ["txt"] = "a red circle"u8.ToArray() }));
            shards.Complete();
        }
        var trainer = new VocabularyTrainer();
        using (var clean = PairSources.Open(PathOf("clean"))) trainer.Add(clean);
        var vocabulary = trainer.Train(120);
        _vocabulary = PathOf("vocab.txt");
        vocabulary.Save(_vocabulary);
        _recipe = Recipes.Grid(vocabulary.Count, vocabulary.Sha256, seed: 3);
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    public BootstrapRequest Job(string output, int rounds = 1) => new()
    {
        Web = $"{PathOf("web")}::{PathOf("broken")}",
        Clean = PathOf("clean"),
        Vocabulary = _vocabulary,
        Pretraining = _recipe.Pretraining with { Steps = 3, SlotSize = 8 },
        Captioner = _recipe.Captioner with { Steps = 2, SlotSize = 8 },
        Filter = _recipe.Filter with { Steps = 2, SlotSize = 8 },
        Rounds = rounds,
        // After two steps a filter gives all texts much the same score, which 0.266 parts; what it is in a second round hangs on what the first one kept, so
        // there all are.
        Threshold = rounds == 1 ? 0.266 : 0.2,
        Arms = [BootstrapArm.Filter, BootstrapArm.Captioner, BootstrapArm.Random],
        OutputFolder = PathOf(output),
    };

    public Task<BlipCluster> StartAsync(int nodes, string? stateFile = null) => BlipCluster.StartAsync(
        nodes,
        new BlipSiloOptions
        {
            ClusterId = Guid.NewGuid().ToString("N"),
            StateFile = stateFile,
            Devices = new DeviceOptions { DeviceCount = 2 },
            ClaimDevice = _ => TorchThreads.Claim(1),
        },
        services => services.AddSingleton<ISlotComputerFactory>(new BlipSlotComputerFactory()));

    /// <summary>Waits for the job to stand as asked.</summary>
    public static async Task<BootstrapStatus> UntilAsync(IBootstrapRun job, Func<BootstrapStatus, bool> stands)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(Look);
        var progress = await job.Progress(-1);
        while (!stands(progress.Status))
        {
            var isHopeless = progress.Status.State == BootstrapState.Failed || patience.IsCancellationRequested;
            if (isHopeless) Assert.Fail($"{progress.Status} after {string.Join("; ", progress.Events.Select(happened => $"{happened.Stage} {happened.Text}"))}");
            await look.WaitForNextTickAsync(CancellationToken.None);
            progress = await job.Progress(-1);
        }
        return progress.Status;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
