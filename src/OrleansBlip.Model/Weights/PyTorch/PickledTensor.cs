namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>A view of a storage.</summary>
/// <param name="Storage">The elements.</param>
/// <param name="Offset">The first one's place.</param>
/// <param name="Shape">Sides.</param>
/// <param name="Strides">Elements from one to the next along each side.</param>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    public long Count => Shape.Aggregate(1L, (product, side) => checked(product * side));

    /// <summary>Whether the elements stand one after the other, row-major.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (var axis = Shape.Length - 1; axis >= 0; axis--)
            {
                if (Shape[axis] > 1 && Strides[axis] != expected) return false;
                expected *= Shape[axis];
            }
            return true;
        }
    }

    /// <summary>The place after the last element that the view reaches.</summary>
    public long End
    {
        get
        {
            if (Count == 0) return Offset;
            var last = Offset;
            for (var axis = 0; axis < Shape.Length; axis++) last = checked(last + (Shape[axis] - 1) * Strides[axis]);
            return last + 1;
        }
    }
}
