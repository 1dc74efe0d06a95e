package org.potstill.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Tensors;

/** Nearest codes of the latents of one image of 256 pixels against a product of matrices. */
final class QuantiseCase implements KernelCase {

  private static final int POINTS = 64 * 64;
  private static final int CODES = 8192;
  private static final int WIDTH = 3;

  private final Tensor points = Inputs.normal(1, POINTS, WIDTH);
  private final Tensor codebook = Inputs.normal(2, CODES, WIDTH);
  private final FloatPointer pointBuffer = points.data_ptr_float();
  private final FloatPointer codeBuffer = codebook.data_ptr_float();
  private final LongPointer indices = new LongPointer((long) POINTS);

  @Override
  public String name() {
    return "quantise (4096, 3), 8192 codes";
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public long bytes() {
    return 4L * WIDTH * (POINTS + CODES) + 8L * POINTS;
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.quantise(pointBuffer, POINTS, codeBuffer, CODES, WIDTH, indices);
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      nearest();
    }
  }

  private Tensor nearest() {
    Tensor squares = codebook.square().sum(new long[] {1});
    return torch
        .addmm(squares, points, codebook.t(), new Scalar(1), new Scalar(-2))
        .argmin(new LongOptional(1), false);
  }

  /** Distances are compared: two codes may be equally near but for rounding. */
  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    long[] found = new long[POINTS];
    indices.get(found);
    try (PointerScope scope = new PointerScope()) {
      Inputs.requireClose("distance", distances(nearest()), distances(Tensors.of(found, POINTS)));
    }
  }

  private float[] distances(Tensor nearest) {
    Tensor difference = points.sub(codebook.index_select(0, nearest));
    return Tensors.toFloats(difference.square().sum(new long[] {1}));
  }
}
