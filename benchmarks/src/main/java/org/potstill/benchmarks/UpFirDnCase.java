package org.potstill.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.Resampling;
import org.potstill.prior.UpFirDn;
import org.potstill.tensor.Tensors;

/**
 * Resampling of feature maps by 2 with a separable filter against padding and two convolutions with
 * a filter per channel. The gradient of one direction is the other direction.
 */
final class UpFirDnCase implements KernelCase {

  private static final int CHANNELS = 64;
  private static final int TAPS = 12;

  private final int side;
  private final int up;
  private final int down;
  private final Resampling resampling;
  private final UpFirDn composition;
  private final Tensor images;
  private final Tensor taps = Inputs.normal(2, TAPS);
  private final FirFilter filter = FirFilter.separable(taps.data_ptr_float(), TAPS);
  private final FloatPointer imageBuffer;
  private final int outSide;
  private final FloatPointer output;

  private UpFirDnCase(int side, int up, int down, int low, int high) {
    this.side = side;
    this.up = up;
    this.down = down;
    double gain = (double) up * up;
    resampling = Resampling.square(up, down, low, high, false, gain);
    composition = UpFirDn.square(up, down, low, high, gain);
    images = Inputs.normal(1, 1, CHANNELS, side, side);
    imageBuffer = images.data_ptr_float();
    outSide = Math.toIntExact(resampling.outWidth(side, filter));
    output = new FloatPointer((long) CHANNELS * outSide * outSide);
  }

  /** From 128 pixels to 256. */
  static UpFirDnCase larger() {
    return new UpFirDnCase(128, 2, 1, 6, 5);
  }

  /** From 256 pixels to 128. */
  static UpFirDnCase smaller() {
    return new UpFirDnCase(256, 1, 2, 5, 5);
  }

  @Override
  public String name() {
    return String.format(
        "upfirdn (%d, %d, %d), up %d, down %d, %d taps", CHANNELS, side, side, up, down, TAPS);
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public long bytes() {
    return 4L * CHANNELS * (side * side + outSide * outSide);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.upFirDn(imageBuffer, CHANNELS, side, side, resampling, filter, output);
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope();
        OneDnnScope oneDnn = new OneDnnScope()) {
      composition.apply(images, taps);
    }
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    float[] found = new float[CHANNELS * outSide * outSide];
    output.get(found);
    try (PointerScope scope = new PointerScope();
        OneDnnScope oneDnn = new OneDnnScope()) {
      Inputs.requireClose("output", Tensors.toFloats(composition.apply(images, taps)), found);
    }
  }
}
