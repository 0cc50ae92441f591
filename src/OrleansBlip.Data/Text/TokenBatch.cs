namespace OrleansBlip.Data.Text;

/// <summary>Framed texts of one length: [CLS] pieces [SEP] and padding.</summary>
/// <param name="Ids">Token ids, (B, T) in row order.</param>
/// <param name="Mask">1 for tokens and 0 for padding, (B, T).</param>
/// <param name="Length">T.</param>
public sealed record TokenBatch(long[] Ids, long[] Mask, int Length);
