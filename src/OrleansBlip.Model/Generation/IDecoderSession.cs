using TorchSharp;

namespace OrleansBlip.Model.Generation;

/// <summary>A batch of R sequences being decoded against their images, with key/value caches. Legend: R rows, P prompt length, V vocabulary.</summary>
public interface IDecoderSession : IDisposable
{
    /// <summary>Reads the prompts. Called once, first.</summary>
    /// <param name="ids">(R, P) int64.</param>
    /// <returns>Logits of the last position, (R, V); the caller disposes them.</returns>
    torch.Tensor Prefill(torch.Tensor ids);

    /// <summary>Reads one more token of each row.</summary>
    /// <param name="ids">(R) int64.</param>
    /// <returns>Logits (R, V); the caller disposes them.</returns>
    torch.Tensor Next(torch.Tensor ids);

    /// <summary>Makes row r continue what was row rows[r]. There may be fewer rows than before (finished ones dropped) or more (beams).</summary>
    /// <param name="rows">(R') int64.</param>
    void Reorder(torch.Tensor rows);
}
