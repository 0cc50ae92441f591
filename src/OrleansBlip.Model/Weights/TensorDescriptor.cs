using System.Collections.Immutable;

namespace OrleansBlip.Model.Weights;

/// <summary>What a file says about one tensor.</summary>
/// <param name="Dtype">Element type.</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
/// <param name="FirstByte">Offset of the first byte in the data part of the file or, in PyTorch's format, in the tensor's storage.</param>
/// <param name="ByteCount">Length in bytes: the product of the shape times the size of an element.</param>
public sealed record TensorDescriptor(TensorDtype Dtype, ImmutableArray<long> Shape, long FirstByte, long ByteCount);
