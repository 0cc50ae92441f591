using System.Numerics;

namespace OrleansBlip.Model.Generation;

/// <summary>Changes to the scores of the next token, in place; a token that is ruled out gets −∞. Ties go to the lower token id.</summary>
internal static class LogitsProcessors
{
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
        double best = Best(scores), total = 0;
        for (int token = 0; token < scores.Length; token++)
        {
            weights[token] = float.IsNegativeInfinity(scores[token]) ? 0 : Math.Exp(scores[token] - best);
            total += weights[token];
        }
        if (probability >= 1) return total;
        // Tokens rarer than this sum to less than 1 − probability, so they are outside and need no sorting.
        double rarest = keepMin > 1 ? 0 : (1 - probability) / scores.Length * total;
        Span<ulong> order = scores.Length <= 1024 ? stackalloc ulong[scores.Length] : new ulong[scores.Length];
        int count = 0;
        for (int token = 0; token < scores.Length; token++)
        {
            if (weights[token] > 0 && weights[token] >= rarest) order[count++] = RankKey(scores[token], token);
        }
        order[..count].Sort();
        double mass = 0;
        int kept = 0;
        for (; kept < count && (kept < keepMin || mass <= probability * total); kept++) mass += weights[(int)(uint)order[kept]];
        ulong last = kept > 0 ? order[kept - 1] : 0;
        for (int token = 0; token < scores.Length; token++)
        {
            if (RankKey(scores[token], token) > last) (scores[token], weights[token]) = (float.NegativeInfinity, 0);
        }
        return mass;
    }

    /// <summary>log Σ exp(score).</summary>
    /// <exception cref="InvalidOperationException">A score is NaN or +∞, or all are −∞.</exception>
    public static double LogSumExp(ReadOnlySpan<float> scores)
    {
        double best = Best(scores), total = 0;
        foreach (float score in scores) total += Math.Exp(score - best);
        double sum = best + Math.Log(total);
        return double.IsFinite(sum)
            ? sum
            : throw new InvalidOperationException("The decoder's logits are not finite: check the weights that it was loaded with.");
    }

    private static double Best(ReadOnlySpan<float> scores)
    {
        // Unlike a comparison, Max lets NaN through.
        float best = float.NegativeInfinity;
        foreach (float score in scores) best = Math.Max(best, score);
        return best;
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
