using TorchSharp;

namespace OrleansBlip.Model.Generation;

/// <summary>Keeps the best few sequences of each image at every step; the reference's captions for evaluation. Legend: B images, k beams.</summary>
public static class BeamSearch
{
    /// <summary>Decodes the best sequence for each of B images. The session has B rows, and B·k and fewer after the first step.</summary>
    /// <param name="session">The decoder, not yet prefilled.</param>
    /// <param name="images">B.</param>
    /// <param name="prompt">What each sequence starts with, the start token first.</param>
    /// <param name="settings">Lengths, end token, repetition penalty and beams.</param>
    public static GeneratedSequence[] Run(IDecoderSession session, int images, ReadOnlySpan<long> prompt, GenerationSettings settings)
    {
        RowDecoder.CheckLengths(prompt, settings);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.Beams);
        using var noGradient = torch.no_grad();
        var groups = new BeamGroup[images];
        for (int image = 0; image < images; image++) groups[image] = new BeamGroup(prompt, settings);
        var active = groups;
        var logits = RowDecoder.Prefill(session, images, prompt);
        for (int length = prompt.Length + 1; active.Length > 0; length++)
        {
            long[] rows = Advance(active, logits, settings);
            active = [.. active.Where(group => !group.IsDone)];
            if (active.Length == 0 || length == settings.MaxLength) break;
            Reorder(session, rows, logits.GetLength(0));
            logits = RowDecoder.Next(session, [.. active.SelectMany(group => group.Beams).Select(beam => beam.Token)], logits);
        }
        return [.. groups.Select(group => group.Finish())];
    }

    /// <summary>Advances each group, and tells which row of the session each beam that goes on continues.</summary>
    private static long[] Advance(BeamGroup[] active, float[,] logits, GenerationSettings settings)
    {
        var rows = new List<long>(active.Length * settings.Beams);
        var candidates = new BeamCandidate[2 * settings.Beams];
        var scores = new double[logits.GetLength(1)];
        int firstRow = 0;
        foreach (var group in active)
        {
            int beams = group.Beams.Count, held = 0;
            for (int beam = 0; beam < beams; beam++)
            {
                Score(RowDecoder.RowOf(logits, firstRow + beam), group.Sequences[beam], group.Beams[beam].Score, settings, scores);
                held = Collect(candidates, held, beam, scores);
            }
            group.Advance(candidates.AsSpan(0, held));
            if (!group.IsDone) rows.AddRange(group.Beams.Select(beam => (long)(firstRow + beam.Beam)));
            firstRow += beams;
        }
        return [.. rows];
    }

    // The reference penalises log-probabilities here, not logits: they are never positive, so the penalty always multiplies.
    private static void Score(ReadOnlySpan<float> logits, long[] sequence, double beamScore, GenerationSettings settings, double[] scores)
    {
        double normalizer = LogitsProcessors.LogSumExp(logits);
        for (int token = 0; token < scores.Length; token++) scores[token] = logits[token] - normalizer;
        LogitsProcessors.RepetitionPenalty<double>(scores, sequence, settings.RepetitionPenalty);
        LogitsProcessors.MinLength<double>(scores, sequence.Length, settings.MinLength, settings.EndId);
        foreach (ref double score in scores.AsSpan()) score += beamScore;
    }

    /// <summary>Merges a beam's tokens into the best candidates, best first; of equal ones the earlier beam and token.</summary>
    private static int Collect(BeamCandidate[] candidates, int held, int beam, double[] scores)
    {
        for (int token = 0; token < scores.Length; token++)
        {
            double score = scores[token];
            if (double.IsNegativeInfinity(score) || (held == candidates.Length && score <= candidates[^1].Score)) continue;
            int place = held < candidates.Length ? held++ : held - 1;
            for (; place > 0 && score > candidates[place - 1].Score; place--) candidates[place] = candidates[place - 1];
            candidates[place] = new BeamCandidate(score, beam, token);
        }
        return held;
    }

    private static void Reorder(IDecoderSession session, long[] rows, int rowsBefore)
    {
        if (rows.Length == rowsBefore && rows.Index().All(item => item.Index == item.Item)) return;
        using var tensor = torch.tensor(rows);
        session.Reorder(tensor);
    }
}
