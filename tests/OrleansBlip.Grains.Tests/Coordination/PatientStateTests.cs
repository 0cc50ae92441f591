using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;
using OrleansBlip.Grains.Coordination;

namespace OrleansBlip.Grains.Tests.Coordination;

public sealed class PatientStateTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Storage _storage = new();
    private readonly List<string> _away = [];
    private readonly PatientState<string> _state;

    public PatientStateTests() => _state = new PatientState<string>(_storage, _time, _away.Add);

    [Fact]
    public async Task Write_WhileTheStorageIsAway_WaitsAndSaysWhatFor()
    {
        _storage.Failures = new Queue<Exception>([new InvalidOperationException("a page of trace", new IOException("no space")), new IOException("no space still")]);
        var written = _state.WriteAsync("new", _ => false);
        Assert.Equal("its state cannot be written: no space", _state.Waits);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("its state cannot be written: no space still", _state.Waits);
        Assert.False(written.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await written;
        Assert.Null(_state.Waits);
        Assert.Equal("new", _storage.Stored);
        Assert.Equal(["no space", "no space still"], _away);
    }

    [Theory]
    [InlineData("new", true)]
    [InlineData("another's", false)]
    public async Task Write_OverWhatHasChanged_GivesWayUnlessItIsTheSame(string stored, bool isOurs)
    {
        // The first write arrives and its acknowledgement does not.
        _storage.Failures = new Queue<Exception>([new IOException("connection lost"), new InconsistentStateException("etag")]);
        _storage.Stored = stored;
        var written = _state.WriteAsync("new", found => found == "new");
        _time.Advance(TimeSpan.FromSeconds(1));
        if (isOurs) await written;
        else await Assert.ThrowsAsync<InconsistentStateException>(() => written);
        Assert.Equal(stored, _state.Record);
    }

    [Theory]
    [InlineData("ours", false)]
    [InlineData("another's", true)]
    public async Task Look_AfterATimeWithoutAWrite_FindsWhetherAnotherHasWritten(string version, bool isToGiveWay)
    {
        _storage.Version = "ours";
        await _state.WriteAsync("new", _ => false);
        _storage.Version = version;
        await _state.LookAsync();
        Assert.False(_state.IsToBeLookedAt);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_state.IsToBeLookedAt);
        if (isToGiveWay) await Assert.ThrowsAsync<InconsistentStateException>(_state.LookAsync);
        else await _state.LookAsync();
        Assert.Equal(isToGiveWay, _state.IsToBeLookedAt);
    }

    [Fact]
    public async Task Look_WhileTheStorageIsAway_SaysSo_AndLooksAgainLater()
    {
        _storage.Failures = new Queue<Exception>([new IOException("no route")]);
        _time.Advance(TimeSpan.FromSeconds(2));
        await _state.LookAsync();
        Assert.Equal(["no route"], _away);
        _storage.Version = "another's";
        _time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<InconsistentStateException>(_state.LookAsync);
    }

    private sealed class Storage : IPersistentState<string>
    {
        public Queue<Exception> Failures { get; set; } = [];

        public string Stored { get; set; } = "";

        public string State { get; set; } = "";

        public string Version { get; set; } = "";

        public string Etag { get; private set; } = "";

        public bool RecordExists => true;

        public Task ClearStateAsync() => throw new NotSupportedException();

        public Task WriteStateAsync()
        {
            if (Failures.TryDequeue(out var failure)) return Task.FromException(failure);
            Stored = State;
            Etag = Version;
            return Task.CompletedTask;
        }

        public Task ReadStateAsync()
        {
            if (Failures.TryDequeue(out var failure)) return Task.FromException(failure);
            State = Stored;
            Etag = Version;
            return Task.CompletedTask;
        }
    }
}
