using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansBlip.Model.Optimization;

/// <summary>
/// AdamW (arXiv 1711.05101) as one pass over memory, the momentum average in the same pass. Each element is computed from its own inputs by the same
/// correctly rounded operations whether it falls into a vector or into the tail, without fused multiply-add or estimates: results do not depend on
/// vector width, chunking or threads.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct AdamW<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T _scale, _keep, _beta1, _rest1, _beta2, _rest2, _root2, _epsilon, _stepSize, _momentum, _restMomentum;

    /// <summary>Prepares an update.</summary>
    /// <param name="step">The numbers of the update.</param>
    /// <param name="updateCount">1 for the first update ever.</param>
    /// <param name="decays">Whether weight decay applies.</param>
    public AdamW(in AdamWStep step, long updateCount, bool decays)
    {
        _scale = T.CreateChecked(step.GradientScale);
        _keep = T.CreateChecked(decays ? 1 - step.LearningRate * step.WeightDecay : 1);
        _beta1 = T.CreateChecked(step.Beta1);
        _rest1 = T.CreateChecked(1 - step.Beta1);
        _beta2 = T.CreateChecked(step.Beta2);
        _rest2 = T.CreateChecked(1 - step.Beta2);
        _root2 = T.CreateChecked(Math.Sqrt(1 - Math.Pow(step.Beta2, updateCount)));
        _epsilon = T.CreateChecked(step.Epsilon);
        _stepSize = T.CreateChecked(-step.LearningRate / (1 - Math.Pow(step.Beta1, updateCount)));
        _momentum = T.CreateChecked(step.Momentum);
        _restMomentum = T.CreateChecked(1 - step.Momentum);
    }

    /// <summary>Updates the moments in place and writes the new weights to <paramref name="next"/>.</summary>
    public void Apply(ReadOnlySpan<T> gradient, ReadOnlySpan<T> weights, Span<T> first, Span<T> second, Span<T> next)
    {
        ref T g = ref MemoryMarshal.GetReference(gradient), w = ref MemoryMarshal.GetReference(weights), n = ref MemoryMarshal.GetReference(next);
        ref T m = ref MemoryMarshal.GetReference(first), v = ref MemoryMarshal.GetReference(second);
        nuint count = (nuint)next.Length, width = (nuint)Vector<T>.Count, i = 0;
        for (; i + width <= count; i += width) Step(ref g, ref w, ref m, ref v, i).StoreUnsafe(ref n, i);
        for (; i < count; i++) Unsafe.Add(ref n, i) = StepOne(ref g, ref w, ref m, ref v, i);
    }

    /// <summary>The same, and averages the new weights into <paramref name="nextAverage"/>.</summary>
    public void Apply(
        ReadOnlySpan<T> gradient, ReadOnlySpan<T> weights, Span<T> first, Span<T> second, Span<T> next, ReadOnlySpan<T> average, Span<T> nextAverage)
    {
        ref T g = ref MemoryMarshal.GetReference(gradient), w = ref MemoryMarshal.GetReference(weights), n = ref MemoryMarshal.GetReference(next);
        ref T m = ref MemoryMarshal.GetReference(first), v = ref MemoryMarshal.GetReference(second);
        ref T e = ref MemoryMarshal.GetReference(average), ne = ref MemoryMarshal.GetReference(nextAverage);
        nuint count = (nuint)next.Length, width = (nuint)Vector<T>.Count, i = 0;
        for (; i + width <= count; i += width)
        {
            var updated = Step(ref g, ref w, ref m, ref v, i);
            updated.StoreUnsafe(ref n, i);
            (Vector.LoadUnsafe(ref e, i) * _momentum + updated * _restMomentum).StoreUnsafe(ref ne, i);
        }
        for (; i < count; i++)
        {
            T updated = StepOne(ref g, ref w, ref m, ref v, i);
            Unsafe.Add(ref n, i) = updated;
            Unsafe.Add(ref ne, i) = Unsafe.Add(ref e, i) * _momentum + updated * _restMomentum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<T> Step(ref T gradient, ref T weights, ref T first, ref T second, nuint i)
    {
        var g = Vector.LoadUnsafe(ref gradient, i) * _scale;
        var m = Vector.LoadUnsafe(ref first, i) * _beta1 + g * _rest1;
        var v = Vector.LoadUnsafe(ref second, i) * _beta2 + g * _rest2 * g;
        m.StoreUnsafe(ref first, i);
        v.StoreUnsafe(ref second, i);
        var root = Vector.SquareRoot(v) / new Vector<T>(_root2) + new Vector<T>(_epsilon);
        return Vector.LoadUnsafe(ref weights, i) * _keep + m * _stepSize / root;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T StepOne(ref T gradient, ref T weights, ref T first, ref T second, nuint i)
    {
        T g = Unsafe.Add(ref gradient, i) * _scale;
        T m = Unsafe.Add(ref first, i) * _beta1 + g * _rest1;
        T v = Unsafe.Add(ref second, i) * _beta2 + g * _rest2 * g;
        Unsafe.Add(ref first, i) = m;
        Unsafe.Add(ref second, i) = v;
        T root = T.Sqrt(v) / _root2 + _epsilon;
        return Unsafe.Add(ref weights, i) * _keep + m * _stepSize / root;
    }
}
