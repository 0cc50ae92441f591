using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>Keeps what a pass shows its observer, beyond the dispose scopes in which it was made.</summary>
internal sealed class Activations(DisposeScope scope)
{
    private readonly Dictionary<string, torch.Tensor> _seen = [];

    public torch.Tensor this[string site] => _seen.TryGetValue(site, out var value) ? value : throw new KeyNotFoundException($"Nothing was seen at '{site}'; seen: {string.Join(", ", _seen.Keys)}");

    public void Observe(string site, torch.Tensor value) => Keep(site, value);

    public void Keep(string site, torch.Tensor value)
    {
        var kept = value.alias();
        // Moving a tensor to the scope that owns it takes it out of the scope's list but not out of its hands: its finalizer then ends the process.
        _seen[site] = scope.Contains(kept) ? kept : kept.MoveToOtherDisposeScope(scope);
    }
}
