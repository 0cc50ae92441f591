namespace OrleansBlip.Model.Weights;

/// <summary>Sizes and managed counterparts of <see cref="TensorDtype"/>.</summary>
public static class TensorDtypes
{
    /// <summary>Bytes of one element.</summary>
    public static int ElementBytes(this TensorDtype dtype) => dtype switch
    {
        TensorDtype.F64 or TensorDtype.I64 => 8,
        TensorDtype.F32 or TensorDtype.I32 => 4,
        TensorDtype.F16 or TensorDtype.BF16 => 2,
        TensorDtype.U8 or TensorDtype.BOOL => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Not a tensor dtype."),
    };

    /// <summary>The dtype whose elements are <typeparamref name="T"/>; bfloat16 has no managed counterpart.</summary>
    /// <exception cref="NotSupportedException">No dtype stores <typeparamref name="T"/>.</exception>
    public static TensorDtype Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? TensorDtype.F32
        : typeof(T) == typeof(double) ? TensorDtype.F64
        : typeof(T) == typeof(Half) ? TensorDtype.F16
        : typeof(T) == typeof(long) ? TensorDtype.I64
        : typeof(T) == typeof(int) ? TensorDtype.I32
        : typeof(T) == typeof(byte) ? TensorDtype.U8
        : typeof(T) == typeof(bool) ? TensorDtype.BOOL
        : throw new NotSupportedException($"No stored tensor has elements of type {typeof(T).Name}.");
}
