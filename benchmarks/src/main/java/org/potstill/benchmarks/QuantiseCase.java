package org.potstill.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/** Nearest codes of the latents of one image of 256 pixels against a product of matrices. */
final class QuantiseCase implements KernelCase {

  private static final int POINTS = 64 * 64;
  private static final int CODES = 8192;
  private static final int WIDTH = 3;

  private final Tensor points;
  private final Tensor codebook;
  private final Tensor indices;
  private final FloatPointer pointBuffer;
  private final FloatPointer codeBuffer;
  private final LongPointer indexBuffer;

  QuantiseCase(Placement place) {
    points = Inputs.normal(place, 1, POINTS, WIDTH);
    codebook = Inputs.normal(place, 2, CODES, WIDTH);
    indices = Tensors.emptyLongs(points, POINTS);
    pointBuffer = points.data_ptr_float();
    codeBuffer = codebook.data_ptr_float();
    indexBuffer = indices.data_ptr_long();
  }

  @Override
  public String name() {
    return "quantise (4096, 3), 8192 codes";
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public double targetOnGpu() {
    return 1;
  }

  @Override
  public long bytes() {
    return 4L * WIDTH * (POINTS + CODES) + 8L * POINTS;
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.quantise(pointBuffer, POINTS, codeBuffer, CODES, WIDTH, indexBuffer);
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
    try (PointerScope scope = new PointerScope()) {
      Inputs.requireClose("distance", distances(nearest()), distances(indices));
    }
  }

  private float[] distances(Tensor nearest) {
    Tensor difference = points.sub(codebook.index_select(0, nearest));
    return Tensors.toFloats(difference.square().sum(new long[] {1}));
  }
}
