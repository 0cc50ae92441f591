using System.Runtime.InteropServices;
using TorchSharp;

namespace OrleansBlip.Model.Generation;

/// <summary>
/// The loop that greedy search and sampling share: rows that grow by one chosen token a step until all have ended. Logits come to managed memory once
/// a step; ended rows leave the session when they are a quarter of it.
/// </summary>
internal static class RowDecoder
{
    /// <summary>Chooses a token.</summary>
    /// <param name="row">The sequence, as numbered at the start.</param>
    /// <param name="step">0 for the first generated token.</param>
    /// <param name="scores">Scores after repetition penalty and minimum length; may be overwritten.</param>
    public delegate int Choice(int row, int step, Span<float> scores);

    public static GeneratedSequence[] Run(IDecoderSession session, int rows, ReadOnlySpan<long> prompt, GenerationSettings settings, Choice choose)
    {
        CheckLengths(prompt, settings);
        using var noGradient = torch.no_grad();
        var sequences = new Sequence[rows];
        for (int row = 0; row < rows; row++) sequences[row] = new Sequence(row, prompt, settings.MaxLength);
        var active = sequences;
        var logits = Prefill(session, rows, prompt);
        for (int step = 0; ; step++)
        {
            var next = Extend(active, step, logits, settings, choose);
            int ended = active.Count(sequence => sequence.HasEnded);
            if (ended == active.Length || prompt.Length + step + 1 == settings.MaxLength) break;
            if (ended * 4 >= active.Length) (active, next) = Drop(session, active, next);
            logits = Next(session, next, logits);
        }
        return [.. sequences.Select(sequence => new GeneratedSequence(sequence.Ids.ToArray(), sequence.LogProbability))];
    }

    public static void CheckLengths(ReadOnlySpan<long> prompt, GenerationSettings settings)
    {
        if (prompt.IsEmpty || prompt.Length >= settings.MaxLength)
            throw new ArgumentException(
                $"A prompt of {prompt.Length} tokens does not fit 1 to {settings.MaxLength - 1}, one less than the longest length.", nameof(prompt));
    }

    /// <summary>Reads the same prompt into each row; (rows, V) logits.</summary>
    public static float[,] Prefill(IDecoderSession session, int rows, ReadOnlySpan<long> prompt)
    {
        using var scope = torch.NewDisposeScope();
        return ToManaged(session.Prefill(torch.tensor(prompt.ToArray()).expand(rows, prompt.Length)));
    }

    /// <summary>Reads one token into each row; (rows, V) logits, in the array of before where they fit it.</summary>
    public static float[,] Next(IDecoderSession session, long[] ids, float[,] before)
    {
        using var scope = torch.NewDisposeScope();
        return ToManaged(session.Next(torch.tensor(ids)), before);
    }

    public static Span<float> RowOf(float[,] logits, int row) => MemoryMarshal.CreateSpan(ref logits[row, 0], logits.GetLength(1));

    private static float[,] ToManaged(torch.Tensor logits, float[,]? before = null)
    {
        var shape = logits.shape;
        var managed = before is not null && before.GetLength(0) == shape[0] && before.GetLength(1) == shape[1] ? before : new float[shape[0], shape[1]];
        if (managed.Length > 0)
            MemoryMarshal.Cast<byte, float>(logits.to(torch.ScalarType.Float32).cpu().contiguous().bytes).CopyTo(MemoryMarshal.CreateSpan(ref managed[0, 0], managed.Length));
        return managed;
    }

    private static long[] Extend(Sequence[] active, int step, float[,] logits, GenerationSettings settings, Choice choose)
    {
        var next = new long[active.Length];
        var scores = new float[logits.GetLength(1)];
        for (int i = 0; i < active.Length; i++)
        {
            var sequence = active[i];
            next[i] = settings.PadId;
            if (sequence.HasEnded) continue;
            var row = RowOf(logits, i);
            double normalizer = LogitsProcessors.LogSumExp(row);
            row.CopyTo(scores);
            LogitsProcessors.RepetitionPenalty<float>(scores, sequence.Ids, settings.RepetitionPenalty);
            LogitsProcessors.MinLength<float>(scores, sequence.Ids.Length, settings.MinLength, settings.EndId);
            int token = choose(sequence.Row, step, scores);
            sequence.Append(token, row[token] - normalizer, isEnd: token == settings.EndId);
            next[i] = token;
        }
        return next;
    }

    private static (Sequence[] Active, long[] Next) Drop(IDecoderSession session, Sequence[] active, long[] next)
    {
        long[] kept = [.. Enumerable.Range(0, active.Length).Where(i => !active[i].HasEnded).Select(i => (long)i)];
        using (var rows = torch.tensor(kept)) session.Reorder(rows);
        return ([.. kept.Select(i => active[i])], [.. kept.Select(i => next[i])]);
    }

    private sealed class Sequence
    {
        private readonly long[] _ids;
        private int _length;

        public Sequence(int row, ReadOnlySpan<long> prompt, int maxLength)
        {
            Row = row;
            _ids = new long[maxLength];
            prompt.CopyTo(_ids);
            _length = prompt.Length;
        }

        public int Row { get; }

        public ReadOnlySpan<long> Ids => _ids.AsSpan(0, _length);

        public double LogProbability { get; private set; }

        public bool HasEnded { get; private set; }

        public void Append(long token, double logProbability, bool isEnd)
        {
            _ids[_length++] = token;
            LogProbability += logProbability;
            HasEnded = isEnd;
        }
    }
}
