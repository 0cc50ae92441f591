namespace OrleansBlip.Model.Generation;

/// <summary>
/// The beams of one image and its finished hypotheses, after transformers 4.15: a hypothesis is ranked by its sum of log-probabilities over its length,
/// which counts the prompt but not the end token; at most as many as there are beams are kept.
/// </summary>
internal sealed class BeamGroup
{
    private readonly GenerationSettings _settings;
    private readonly List<Hypothesis> _hypotheses = [];
    private BeamCandidate[] _beams;
    private long[][] _sequences;

    public BeamGroup(ReadOnlySpan<long> prompt, GenerationSettings settings)
    {
        _settings = settings;
        _sequences = [prompt.ToArray()];
        _beams = [default];
    }

    /// <summary>Whether no running beam can become better than the worst hypothesis kept.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Tokens of each running beam.</summary>
    public IReadOnlyList<long[]> Sequences => _sequences;

    /// <summary>Score, origin and last token of each running beam: one at the start, then as many as the settings say, or as the vocabulary allows.</summary>
    public IReadOnlyList<BeamCandidate> Beams => _beams;

    private int Length => _sequences[0].Length;

    /// <summary>Moves on by one token.</summary>
    /// <param name="candidates">The best 2·beams, best first: enough that all beams go on even if half of the candidates are ends.</param>
    public void Advance(ReadOnlySpan<BeamCandidate> candidates)
    {
        var beams = new List<BeamCandidate>(_settings.Beams);
        for (int rank = 0; rank < candidates.Length && beams.Count < _settings.Beams; rank++)
        {
            var candidate = candidates[rank];
            if (candidate.Token != _settings.EndId) beams.Add(candidate);
            else if (rank < _settings.Beams) Keep(_sequences[candidate.Beam], candidate.Score, hasEnd: true);
        }
        IsDone = beams.Count == 0 || (_hypotheses.Count >= _settings.Beams && _hypotheses.Min(hypothesis => hypothesis.Rank) >= candidates[0].Score / Length);
        if (beams.Count == 0) return;
        _sequences = [.. beams.Select(beam => (long[])[.. _sequences[beam.Beam], beam.Token])];
        _beams = [.. beams];
    }

    /// <summary>The best hypothesis; beams that still run at the longest length count as hypotheses.</summary>
    public GeneratedSequence Finish()
    {
        for (int beam = 0; beam < _beams.Length && !IsDone; beam++) Keep(_sequences[beam], _beams[beam].Score, hasEnd: false);
        // Of equal ones the last kept wins, as in the reference.
        var best = _hypotheses.Aggregate((best, next) => next.Rank >= best.Rank ? next : best);
        return new GeneratedSequence(best.HasEnd ? [.. best.Ids, _settings.EndId] : best.Ids, best.Score);
    }

    private void Keep(long[] ids, double score, bool hasEnd)
    {
        var hypothesis = new Hypothesis(ids, score, hasEnd);
        if (_hypotheses.Count < _settings.Beams)
        {
            _hypotheses.Add(hypothesis);
            return;
        }
        var worst = _hypotheses.MinBy(kept => kept.Rank)!;
        if (hypothesis.Rank <= worst.Rank) return;
        _hypotheses.Remove(worst);
        _hypotheses.Add(hypothesis);
    }

    private sealed class Hypothesis(long[] ids, double score, bool hasEnd)
    {
        public long[] Ids { get; } = ids;

        public double Score { get; } = score;

        public bool HasEnd { get; } = hasEnd;

        public double Rank { get; } = score / ids.Length;
    }
}
