package org.potstill.benchmarks;

import java.util.Locale;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.Resampling;
import org.potstill.prior.UpFirDn;
import org.potstill.tensor.Placement;
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
  private final Tensor taps;
  private final Tensor output;
  private final FirFilter filter;
  private final FloatPointer imageBuffer;
  private final int outSide;
  private final FloatPointer outputBuffer;

  private UpFirDnCase(Placement place, int side, int up, int down, int low, int high) {
    this.side = side;
    this.up = up;
    this.down = down;
    double gain = (double) up * up;
    resampling = Resampling.square(up, down, low, high, false, gain);
    composition = UpFirDn.square(up, down, low, high, gain);
    images = Inputs.normal(place, 1, 1, CHANNELS, side, side);
    taps = Inputs.normal(place, 2, TAPS);
    filter = FirFilter.separable(taps.data_ptr_float(), TAPS);
    imageBuffer = images.data_ptr_float();
    outSide = Math.toIntExact(resampling.outWidth(side, filter));
    output = Tensors.empty(images, CHANNELS, outSide, outSide);
    outputBuffer = output.data_ptr_float();
  }

  /** From 128 pixels to 256. */
  static UpFirDnCase larger(Placement place) {
    return new UpFirDnCase(place, 128, 2, 1, 6, 5);
  }

  /** From 256 pixels to 128. */
  static UpFirDnCase smaller(Placement place) {
    return new UpFirDnCase(place, 256, 1, 2, 5, 5);
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "upfirdn (%d, %d, %d), up %d, down %d, %d taps",
        CHANNELS,
        side,
        side,
        up,
        down,
        TAPS);
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
    return 4L * CHANNELS * (side * side + outSide * outSide);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.upFirDn(imageBuffer, CHANNELS, side, side, resampling, filter, outputBuffer);
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
    float[] found = Tensors.toFloats(output);
    try (PointerScope scope = new PointerScope();
        OneDnnScope oneDnn = new OneDnnScope()) {
      Inputs.requireClose("output", Tensors.toFloats(composition.apply(images, taps)), found);
    }
  }
}
