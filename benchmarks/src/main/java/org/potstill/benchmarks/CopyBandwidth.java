package org.potstill.benchmarks;

import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Tensors;

/** How fast this machine copies memory: the yardstick for operations that only move bytes. */
final class CopyBandwidth {

  private static final int REPEATS = 15;

  private CopyBandwidth() {}

  /**
   * Bytes read plus bytes written per second of LibTorch's copy, best of several.
   *
   * @param floats size of the copy; choose it like the operation's data, in or beyond the caches
   */
  static double bytesPerSecond(long floats, Provider provider) {
    try (NoGradGuard noGrad = new NoGradGuard();
        Tensor ones = torch.ones(new long[] {floats}, Tensors.float32());
        Tensor from = provider.place().place(ones);
        Tensor into = from.clone()) {
      provider.await();
      double best = 0;
      for (int i = 0; i < REPEATS; i++) {
        long begin = System.nanoTime();
        into.copy_(from);
        provider.await();
        double seconds = (System.nanoTime() - begin) * 1e-9;
        best = Math.max(best, 8.0 * floats / seconds);
      }
      return best;
    }
  }
}
