namespace OrleansBlip.Data.Tests.Images;

/// <summary>The numbers that PyTorch's generator of the CPU draws after <c>torch.manual_seed</c>: MT19937, a word for each number of single precision or whole number.</summary>
internal sealed class TorchDraws
{
    private const int Length = 624, Middle = 397;

    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    public TorchDraws(uint seed)
    {
        _state[0] = seed;
        for (var i = 1; i < Length; i++)
            _state[i] = 1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30)) + (uint)i;
    }

    /// <summary><c>torch.empty(1).uniform_(low, high)</c>.</summary>
    public double Uniform(double low, double high) => (Word() & 0xFF_FFFF) * (1f / (1 << 24)) * ((float)high - (float)low) + (float)low;

    /// <summary><c>torch.randint(0, bound, (1,))</c>.</summary>
    public int Below(int bound) => (int)(Word() % (uint)bound);

    private uint Word()
    {
        if (_next == Length)
        {
            for (var i = 0; i < Length; i++)
            {
                var joined = (_state[i] & 0x8000_0000) | (_state[(i + 1) % Length] & 0x7FFF_FFFF);
                _state[i] = _state[(i + Middle) % Length] ^ (joined >> 1) ^ ((joined & 1) == 0 ? 0 : 0x9908_B0DF);
            }
            _next = 0;
        }
        var word = _state[_next++];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C_5680;
        word ^= (word << 15) & 0xEFC6_0000;
        return word ^ (word >> 18);
    }
}
