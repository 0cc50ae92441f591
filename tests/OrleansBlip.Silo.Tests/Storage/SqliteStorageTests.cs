using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using OrleansBlip.Grains;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Silo.Storage;
using OrleansBlip.Silo.Tests.Training;

namespace OrleansBlip.Silo.Tests.Storage;

/// <summary>Our SQL behind Orleans' own provider, on a real file.</summary>
public sealed class SqliteStorageTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-state").FullName;
    private BlipSilo _silo = null!;
    private IGrainStorage _storage = null!;

    private string StateFile => Path.Combine(_folder, "state.db");

    public async Task InitializeAsync()
    {
        _silo = await StartAsync(StateFile, deletes: false);
        _storage = _silo.Services.GetRequiredKeyedService<IGrainStorage>(BlipStorage.Name);
    }

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task State_WrittenReadAndCleared_KeepsItsVersion()
    {
        var id = GrainId.Create("thing", "a");
        var state = new GrainState<Note>(new Note("one"));
        await _storage.WriteStateAsync("state", id, state);
        Assert.Equal("1", state.ETag);
        state.State = new Note("two");
        await _storage.WriteStateAsync("state", id, state);
        Assert.Equal("2", state.ETag);

        var read = new GrainState<Note>();
        await _storage.ReadStateAsync("state", id, read);
        Assert.Equal((new Note("two"), "2", true), (read.State, read.ETag, read.RecordExists));

        await _storage.ClearStateAsync("state", id, read);
        var cleared = new GrainState<Note>();
        await _storage.ReadStateAsync("state", id, cleared);
        Assert.False(cleared.RecordExists);
    }

    [Fact]
    public async Task State_ClearedWhereThatDeletes_IsGone()
    {
        await using var silo = await StartAsync(Path.Combine(_folder, "deletes.db"), deletes: true);
        await CheckDeletesAsync(silo.Services.GetRequiredKeyedService<IGrainStorage>(BlipStorage.Name));
    }

    [Fact]
    public async Task Write_WithAStaleVersion_IsRefused()
    {
        var id = GrainId.Create("thing", "b");
        var (mine, theirs) = (new GrainState<int>(1), new GrainState<int>());
        await _storage.WriteStateAsync("state", id, mine);
        await _storage.ReadStateAsync("state", id, theirs);
        theirs.State = 2;
        await _storage.WriteStateAsync("state", id, theirs);
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync("state", id, mine));
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.ClearStateAsync("state", id, mine));
        await _storage.ReadStateAsync("state", id, mine);
        Assert.Equal(2, mine.State);
    }

    [Fact]
    public async Task Insert_RacedByMany_HasOneWinner()
    {
        var id = GrainId.Create("thing", "c");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            try
            {
                await Task.Yield();
                await _storage.WriteStateAsync("state", id, new GrainState<string>($"writer {i}"));
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        }));
        Assert.Single(outcomes, won => won);
    }

    [Fact]
    public async Task Update_RacedByMany_LosesNone()
    {
        var id = GrainId.Create("thing", "d");
        await _storage.WriteStateAsync("state", id, new GrainState<int>(0));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await Task.Yield();
            for (int done = 0; done < 5;)
            {
                var state = new GrainState<int>();
                await _storage.ReadStateAsync("state", id, state);
                state.State++;
                try
                {
                    await _storage.WriteStateAsync("state", id, state);
                    done++;
                }
                catch (InconsistentStateException)
                {
                    // Somebody else was faster: read again.
                }
            }
        }));
        var final = new GrainState<int>();
        await _storage.ReadStateAsync("state", id, final);
        Assert.Equal(40, final.State);
    }

    [Fact]
    public async Task Apply_Again_ChangesNothing()
    {
        var id = GrainId.Create("thing", "e");
        await _storage.WriteStateAsync("state", id, new GrainState<string>("kept"));
        await SqliteStorage.ApplyAsync(StateFile, default);
        var read = new GrainState<string>();
        await _storage.ReadStateAsync("state", id, read);
        Assert.Equal("kept", read.State);
    }

    /// <summary>Checks that a storage which deletes what is cleared does so for the newest version alone, and leaves nothing.</summary>
    internal static async Task CheckDeletesAsync(IGrainStorage storage)
    {
        var id = GrainId.Create("thing", "deleted");
        var (state, other, stale) = (new GrainState<Note>(new("one")), new GrainState<Note>(new("other")), new GrainState<Note>());
        await storage.WriteStateAsync("state", id, state);
        await storage.WriteStateAsync("state", GrainId.Create("thing", "other"), other);
        await storage.ReadStateAsync("state", id, stale);
        await storage.WriteStateAsync("state", id, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("state", id, stale));
        var kept = new GrainState<Note>();
        await storage.ReadStateAsync("state", id, kept);
        Assert.Equal((new("one"), "2", true), (kept.State, kept.ETag, kept.RecordExists));

        await storage.ClearStateAsync("state", id, kept);
        var gone = new GrainState<Note>();
        await storage.ReadStateAsync("state", id, gone);
        // What is only emptied would keep its version.
        Assert.Equal((null, false), (gone.ETag, gone.RecordExists));
        await storage.WriteStateAsync("state", id, gone);
        Assert.Equal("1", gone.ETag);
        await storage.ReadStateAsync("state", GrainId.Create("thing", "other"), other);
        Assert.Equal(new("other"), other.State);
    }

    private static Task<BlipSilo> StartAsync(string file, bool deletes) => BlipSilo.StartAsync(new BlipSiloOptions { StateFile = file }, services => services
        .AddSingleton<ISlotComputerFactory>(new FakeModel("node-1", new FakeBehaviour()))
        .Configure<AdoNetGrainStorageOptions>(BlipStorage.Name, storage => storage.DeleteStateOnClear = deletes));

    [GenerateSerializer, Alias("tests.Note")]
    internal sealed record Note([property: Id(0)] string Text)
    {
        public Note()
            : this("")
        {
        }
    }
}
