using TorchSharp;

namespace OrleansBlip.Model.Layers;

/// <summary>
/// Arithmetic of tensors with numbers. TorchSharp turns every number, and the hidden factor of a + b, into a native Scalar that nothing keeps alive
/// during the call: its finalizer may free it while libtorch reads it, which fails now and then, or gives another number. Here each lives until the call
/// has returned. BannedSymbols.txt keeps the library's own operators out.
/// </summary>
internal static class TensorArithmetic
{
#pragma warning disable RS0030 // The one place that makes Scalars.
    private static readonly Scalar One = 1;

    /// <summary>a + b.</summary>
    public static torch.Tensor Plus(this torch.Tensor a, torch.Tensor b) => a.add(b, One);

    /// <summary>a += b.</summary>
    public static torch.Tensor PlusInPlace(this torch.Tensor a, torch.Tensor b) => a.add_(b, One);

    /// <summary>a += factor·b.</summary>
    public static torch.Tensor PlusInPlace(this torch.Tensor a, torch.Tensor b, double factor)
    {
        using Scalar scalar = factor;
        return a.add_(b, scalar);
    }

    /// <summary>a + number.</summary>
    public static torch.Tensor Plus(this torch.Tensor a, double number)
    {
        using Scalar scalar = number;
        return a.add(scalar, One);
    }

    /// <summary>factor·a.</summary>
    public static torch.Tensor Times(this torch.Tensor a, double factor)
    {
        using Scalar scalar = factor;
        return a.mul(scalar);
    }

    /// <summary>a *= factor.</summary>
    public static torch.Tensor TimesInPlace(this torch.Tensor a, double factor)
    {
        using Scalar scalar = factor;
        return a.mul_(scalar);
    }

    /// <summary>Sets all elements.</summary>
    public static torch.Tensor Fill(this torch.Tensor a, double value)
    {
        using Scalar scalar = value;
        return a.fill_(scalar);
    }

    /// <summary>Sets all elements of an integer tensor.</summary>
    public static torch.Tensor Fill(this torch.Tensor a, long value)
    {
        using Scalar scalar = value;
        return a.fill_(scalar);
    }

    /// <summary>a with <paramref name="value"/> where the mask is true.</summary>
    public static torch.Tensor MaskedFill(this torch.Tensor a, torch.Tensor mask, double value)
    {
        using Scalar scalar = value;
        return a.masked_fill(mask, scalar);
    }

    /// <summary>An integer tensor with <paramref name="value"/> where the mask is true.</summary>
    public static torch.Tensor MaskedFill(this torch.Tensor a, torch.Tensor mask, long value)
    {
        using Scalar scalar = value;
        return a.masked_fill(mask, scalar);
    }

    /// <summary>Where an integer tensor equals a number.</summary>
    public static torch.Tensor EqualTo(this torch.Tensor a, long number)
    {
        using Scalar scalar = number;
        return a.eq(scalar);
    }

    /// <summary>Where a ≥ number.</summary>
    public static torch.Tensor AtLeast(this torch.Tensor a, double number)
    {
        using Scalar scalar = number;
        return a.ge(scalar);
    }

    /// <summary>Where a &gt; number.</summary>
    public static torch.Tensor Above(this torch.Tensor a, double number)
    {
        using Scalar scalar = number;
        return a.gt(scalar);
    }

    /// <summary>Elements below a bound raised to it, elements above the other lowered to it.</summary>
    public static torch.Tensor ClampInPlace(this torch.Tensor a, double lower, double upper)
    {
        using Scalar low = lower, high = upper;
        return a.clamp_(low, high);
    }
#pragma warning restore RS0030

    /// <summary>The number of a tensor of one element, of whichever type. The library's own ToDouble reads it through a Scalar.</summary>
    public static double Number(this torch.Tensor a) => a.to(torch.ScalarType.Float64).item<double>();

    /// <summary>0, 1 … count − 1 as int64.</summary>
    public static torch.Tensor Rows(long count, torch.Device device) => Rows(0, count, device);

    /// <summary>begin … begin + count − 1 as int64.</summary>
    public static torch.Tensor Rows(long begin, long count, torch.Device device)
    {
        var rows = new long[count];
        for (var i = 0; i < rows.Length; i++) rows[i] = begin + i;
        return torch.tensor(rows, device: device);
    }
}
