using TorchSharp;

namespace OrleansBlip.Model.Vision;

/// <summary>Position embeddings for another image size (reference models/vit.py, interpolate_pos_embed).</summary>
public static class PositionEmbedding
{
    /// <summary>Resamples the patch grid by bicubic interpolation (corners not aligned, no antialiasing); the class token's row is kept.</summary>
    /// <param name="positions">(1, 1 + n², D), n × n the old grid.</param>
    /// <param name="patchCount">Patches of the new image, a square number.</param>
    /// <returns>(1, 1 + patchCount, D); the same values when the grid has that size already.</returns>
    /// <exception cref="ArgumentException">One of the grids is not square.</exception>
    public static torch.Tensor Interpolate(torch.Tensor positions, int patchCount)
    {
        using var scope = torch.NewDisposeScope();
        long oldCount = positions.shape[1] - 1, oldSide = (long)Math.Round(Math.Sqrt(oldCount)), side = (long)Math.Round(Math.Sqrt(patchCount));
        if (oldSide * oldSide != oldCount || side * side != patchCount)
            throw new ArgumentException($"Position embeddings of {oldCount} patches cannot become {patchCount}: both must be square numbers.", nameof(patchCount));
        if (oldSide == side) return positions.clone().MoveToOuterDisposeScope();
        var grid = positions.narrow(1, 1, oldCount).reshape(1, oldSide, oldSide, -1).permute(0, 3, 1, 2); // (1, D, n, n)
        var resized = torch.nn.functional.interpolate(grid, size: [side, side], mode: torch.InterpolationMode.Bicubic, align_corners: false);
        return torch.cat([positions.narrow(1, 0, 1), resized.permute(0, 2, 3, 1).reshape(1, patchCount, -1)], 1).MoveToOuterDisposeScope();
    }
}
