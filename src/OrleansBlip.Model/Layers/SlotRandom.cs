using TorchSharp;

namespace OrleansBlip.Model.Layers;

/// <summary>
/// The randomness of one slot of one step: every draw has a generator of its own, keyed by (seed, step, slot, site), so that it does not depend on
/// what was drawn before, on other threads, or on whether a layer is computed a second time.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="step">The step, from 0.</param>
/// <param name="slot">The slot, from 0.</param>
public sealed class SlotRandom(ulong seed, long step, int slot)
{
    /// <summary>A generator for one site; a site is named once a step.</summary>
    public torch.Generator At(string site, torch.Device device) => new(Key(site), device);

    /// <summary>Uniform numbers in [0, 1) of <paramref name="shape"/>.</summary>
    public torch.Tensor Uniform(string site, ReadOnlySpan<long> shape, torch.ScalarType dtype, torch.Device device)
    {
        using var generator = At(site, device);
        return torch.rand(shape, dtype, device, generator: generator);
    }

    internal ulong Key(string site)
    {
        // FNV-1a over the site's characters, then one SplitMix64 round for each part of the key.
        var hash = 14695981039346656037UL;
        foreach (var character in site) hash = (hash ^ character) * 1099511628211UL;
        return Mix(Mix(Mix(Mix(seed) ^ (ulong)step) ^ (ulong)slot) ^ hash);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
