using System.Numerics;
using System.Numerics.Tensors;

namespace OrleansBlip.Model.Generation;

/// <summary>Changes to the scores of the next token, in place; a token that is ruled out gets −∞. Ties go to the lower token id.</summary>
internal static class LogitsProcessors
{
    private const int BlockLength = 512, SortedAtOnce = 32;

    /// <summary>Makes the tokens of <paramref name="prefix"/> less likely (CTRL, arXiv 1909.05858): negative scores are multiplied, others divided.</summary>
    public static void RepetitionPenalty<T>(Span<T> scores, ReadOnlySpan<long> prefix, double penalty) where T : IBinaryFloatingPointIeee754<T>
    {
        if (penalty == 1) return;
        T factor = T.CreateChecked(penalty);
        for (int i = 0; i < prefix.Length; i++)
        {
            if (prefix[..i].Contains(prefix[i])) continue;
            ref T score = ref scores[(int)prefix[i]];
            score = score < T.Zero ? score * factor : score / factor;
        }
    }

    /// <summary>Rules the end token out while a sequence is shorter than <paramref name="minLength"/>.</summary>
    public static void MinLength<T>(Span<T> scores, int length, int minLength, long endId) where T : IBinaryFloatingPointIeee754<T>
    {
        if (length < minLength) scores[(int)endId] = T.NegativeInfinity;
    }

    /// <summary>Rules out all scores below the <paramref name="count"/>-th best; those equal to it stay.</summary>
    public static void TopK(Span<float> scores, int count)
    {
        if (count >= scores.Length) return;
        Span<float> best = count <= 256 ? stackalloc float[count] : new float[count];
        int held = 0;
        foreach (float score in scores)
        {
            if (held == count && !(score > best[^1])) continue;
            int place = held < count ? held++ : count - 1;
            for (; place > 0 && score > best[place - 1]; place--) best[place] = best[place - 1];
            best[place] = score;
        }
        foreach (ref float score in scores)
        {
            if (score < best[^1]) score = float.NegativeInfinity;
        }
    }

    /// <summary>
    /// Keeps the likeliest tokens until their probability exceeds <paramref name="probability"/>, the one that crosses it included, and at least
    /// <paramref name="keepMin"/> (arXiv 1904.09751).
    /// </summary>
    /// <param name="scores">Scores; those outside the nucleus get −∞.</param>
    /// <param name="probability">Above 0; 1 keeps all.</param>
    /// <param name="weights">As long as the scores; receives exp(score − best), 0 outside the nucleus.</param>
    /// <param name="keepMin">At least 1.</param>
    /// <returns>The sum of the weights.</returns>
    public static double TopP(Span<float> scores, double probability, Span<double> weights, int keepMin = 1)
    {
        Exp(scores, TensorPrimitives.Max<float>(scores), weights);
        double total = Sum(weights);
        if (probability >= 1) return total;
        // Tokens rarer than this sum to less than 1 − probability, so they are outside and need no sorting.
        double rarest = keepMin > 1 ? 0 : (1 - probability) / scores.Length * total;
        Span<ulong> order = scores.Length <= 1024 ? stackalloc ulong[scores.Length] : new ulong[scores.Length];
        int count = 0;
        for (int token = 0; token < scores.Length; token++)
        {
            if (weights[token] > 0 && weights[token] >= rarest) order[count++] = RankKey(scores[token], token);
        }
        ulong last = LastKept(order[..count], weights, probability * total, keepMin);
        for (int token = 0; token < scores.Length; token++)
        {
            if (RankKey(scores[token], token) > last) (scores[token], weights[token]) = (float.NegativeInfinity, 0);
        }
        return Sum(weights);
    }

    /// <summary>log Σ exp(score).</summary>
    /// <exception cref="InvalidOperationException">A score is NaN or +∞, or all are −∞.</exception>
    public static double LogSumExp(ReadOnlySpan<float> scores)
    {
        float best = TensorPrimitives.Max(scores); // NaN where a score is
        Span<double> weights = stackalloc double[BlockLength];
        double total = 0;
        for (int start = 0; start < scores.Length; start += BlockLength)
        {
            var block = scores.Slice(start, Math.Min(BlockLength, scores.Length - start));
            Exp(block, best, weights[..block.Length]);
            total += Sum(weights[..block.Length]);
        }
        double sum = best + Math.Log(total);
        return double.IsFinite(sum)
            ? sum
            : throw new InvalidOperationException("The decoder's logits are not finite: check the weights that it was loaded with.");
    }

    private static void Exp(ReadOnlySpan<float> scores, float best, Span<double> weights)
    {
        TensorPrimitives.ConvertChecked<float, double>(scores, weights);
        TensorPrimitives.Subtract(weights, best, weights);
        TensorPrimitives.Exp<double>(weights, weights);
    }

    // One after the other: the library's sum depends on how wide the processor's vectors are.
    private static double Sum(ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights) sum += weight;
        return sum;
    }

    /// <summary>The key of the last token of the shortest head of the ranking that weighs more than <paramref name="mass"/> and has enough tokens; found without sorting the rest.</summary>
    private static ulong LastKept(Span<ulong> keys, ReadOnlySpan<double> weights, double mass, int keepMin)
    {
        ulong last = 0;
        double before = 0;
        int rank = 0;
        while (keys.Length > SortedAtOnce)
        {
            var head = keys[..Partition(keys)];
            double weight = before;
            foreach (ulong key in head) weight += weights[(int)(uint)key];
            if (weight > mass && rank + head.Length >= keepMin) keys = head;
            else
            {
                (before, rank, last) = (weight, rank + head.Length, TensorPrimitives.Max<ulong>(head));
                keys = keys[head.Length..];
            }
        }
        keys.Sort();
        foreach (ulong key in keys)
        {
            if (before > mass && rank >= keepMin) break;
            before += weights[(int)(uint)key];
            (rank, last) = (rank + 1, key);
        }
        return last;
    }

    /// <summary>Moves the smaller keys to the front.</summary>
    /// <returns>How many there are: at least one, and not all.</returns>
    private static int Partition(Span<ulong> keys)
    {
        ulong first = keys[0], middle = keys[keys.Length / 2], end = keys[^1];
        ulong pivot = Math.Max(Math.Min(first, middle), Math.Min(Math.Max(first, middle), end));
        int left = -1, right = keys.Length;
        while (true)
        {
            do left++; while (keys[left] < pivot);
            do right--; while (keys[right] > pivot);
            if (left >= right) return Math.Clamp(right + 1, 1, keys.Length - 1);
            (keys[left], keys[right]) = (keys[right], keys[left]);
        }
    }

    // Orders by falling score, of equal ones by rising token: the bits of a float, made to fall with its value, above the token.
    private static ulong RankKey(float score, int token)
    {
        // Adding zero makes one zero of the two.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint falling = (bits & 0x8000_0000) != 0 ? bits : ~bits & 0x7FFF_FFFF;
        return ((ulong)falling << 32) | (uint)token;
    }
}
