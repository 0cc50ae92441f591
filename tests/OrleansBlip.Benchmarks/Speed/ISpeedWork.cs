namespace OrleansBlip.Benchmarks.Speed;

/// <summary>Something to call again and again.</summary>
internal interface ISpeedWork : IAsyncDisposable
{
    Task CallAsync();
}
