namespace OrleansBlip.Model.Weights;

/// <summary>Element types of stored tensors; the names are those of the safetensors format.</summary>
public enum TensorDtype
{
    /// <summary>IEEE binary64, 8 bytes.</summary>
    F64,

    /// <summary>IEEE binary32, 4 bytes.</summary>
    F32,

    /// <summary>IEEE binary16, 2 bytes.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a binary32, 2 bytes.</summary>
    BF16,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>One byte, 0 or 1.</summary>
    BOOL,
}
