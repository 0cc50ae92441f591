namespace OrleansBlip.Model.Weights;

/// <summary>Why a safetensors file is refused.</summary>
public enum SafetensorsFault
{
    /// <summary>The file ends before its header or its data do.</summary>
    Truncated,

    /// <summary>The header is longer than 8 MiB.</summary>
    HeaderTooLong,

    /// <summary>The header is not the JSON object that the format prescribes.</summary>
    HeaderMalformed,

    /// <summary>A tensor's name, or a property of a tensor, occurs twice.</summary>
    DuplicateKey,

    /// <summary>The element type is none of those that are read here.</summary>
    UnknownDtype,

    /// <summary>Offsets that are negative, reversed, or of another length than shape and dtype demand.</summary>
    BadOffsets,

    /// <summary>Bytes between two tensors that belong to none.</summary>
    Gap,

    /// <summary>Two tensors share bytes.</summary>
    Overlap,

    /// <summary>Bytes after the last tensor.</summary>
    TrailingBytes,
}
