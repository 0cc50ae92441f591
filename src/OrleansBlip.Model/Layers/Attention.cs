using TorchSharp;

namespace OrleansBlip.Model.Layers;

/// <summary>softmax(q kᵀ / √Dh + mask) v. Legend: B batch, H heads, Q queries, K keys, Dh head width, D = H·Dh.</summary>
internal static class Attention
{
    /// <summary>Attends with an additive <paramref name="mask"/> that broadcasts to (B, H, Q, K), or none.</summary>
    /// <remarks>The fused kernel knows neither own randomness nor observers, so it serves only where there are none.</remarks>
    public static torch.Tensor Attend(torch.Tensor q, torch.Tensor k, torch.Tensor v, torch.Tensor? mask, Pass pass, double dropout, string site)
    {
        var plain = (pass.Random is null || dropout == 0) && pass.Observe is null;
        if (plain) return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask); // (B, H, Q, Dh)

        using var scope = torch.NewDisposeScope();
        var scores = torch.matmul(q, k.transpose(-2, -1)).Times(1 / Math.Sqrt(q.shape[^1])); // (B, H, Q, K)
        if (mask is not null) scores = scores.Plus(mask);
        var probabilities = scores.softmax(-1);
        pass.Observe?.Invoke(site + ".probabilities", probabilities);
        return torch.matmul(pass.Dropout(probabilities, dropout, site + ".probabilities"), v).MoveToOuterDisposeScope();
    }

    /// <summary>(B, T, D) → (B, H, T, Dh).</summary>
    public static torch.Tensor Split(torch.Tensor x, long heads)
    {
        using var scope = torch.NewDisposeScope();
        return x.view(x.shape[0], x.shape[1], heads, x.shape[2] / heads).transpose(1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>(B, H, T, Dh) → (B, T, D).</summary>
    public static torch.Tensor Merge(torch.Tensor x)
    {
        using var scope = torch.NewDisposeScope();
        return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], x.shape[1] * x.shape[3]).MoveToOuterDisposeScope();
    }
}
