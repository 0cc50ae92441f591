using TorchSharp;

namespace OrleansBlip.Model.Devices;

/// <summary>
/// What of a GPU's numerics can be fixed, at some cost in speed. Gradients of gathered rows are summed in order whatever libtorch does
/// (<see cref="Layers.RowSelection"/>). No GPU has shown yet that nothing else differs from run to run.
/// </summary>
public static class CudaNumerics
{
    /// <summary>Gives cuBLAS workspaces of a fixed size, without which its sums depend on what ran before. Call it first in Program.cs; the user's own setting wins.</summary>
    /// <exception cref="InvalidOperationException">The environment cannot be changed.</exception>
    public static void FixWorkspaces() => NativeEnvironment.SetDefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8");

    /// <summary>No TF32, no reduced sums, one way to compute attention, deterministic kernels where there are some. It holds for the whole process, and changes how its CPU computes attention too: only a process that computes on GPUs calls it.</summary>
    public static void FixArithmetic()
    {
        torch.backends.cuda.matmul.allow_tf32 = false;
        torch.backends.cudnn.allow_tf32 = false;
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = false;
        TorchContext.FixAttention(true);
        TorchContext.PreferDeterministic();
    }
}
