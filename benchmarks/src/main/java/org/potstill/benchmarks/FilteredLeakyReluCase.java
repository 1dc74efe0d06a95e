package org.potstill.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.FilteredActivation;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;
import org.potstill.prior.FilteredLeakyRelu;
import org.potstill.tensor.Tensors;

/**
 * The filtered leaky ReLU of layers of the full-size generator for 128 pixels, 64 of their
 * channels, against its composition, which works on as many channels at a time as fit the caches.
 * With gradient: ours computes output and gradient in two calls, LibTorch the output once and the
 * gradient by autograd.
 */
final class FilteredLeakyReluCase implements KernelCase {

  private static final int CHANNELS = 64;
  private static final int OUT = 148;
  private static final int DOWN = 2;
  private static final int TAPS = 6;
  private static final double GAIN = Math.sqrt(2);
  private static final double SLOPE = 0.2;
  private static final double CLAMP = 256;

  private final int side;
  private final int up;
  private final boolean withGradient;
  private final FilteredLeakyRelu composition;
  private final FilteredActivation activation;
  private final Tensor input;
  private final Tensor bias = Inputs.normal(2, CHANNELS);
  private final Tensor upTaps;
  private final Tensor downTaps = Inputs.normal(4, TAPS * DOWN);
  private final Tensor upstream = Inputs.normal(5, 1, CHANNELS, OUT, OUT);
  private final FloatPointer inputBuffer;
  private final FloatPointer biasBuffer = bias.data_ptr_float();
  private final FloatPointer upstreamBuffer = upstream.data_ptr_float();
  private final FloatPointer output = new FloatPointer((long) CHANNELS * OUT * OUT);
  private final FloatPointer gradient;

  private FilteredLeakyReluCase(int side, int up, int low, int high, boolean withGradient) {
    this.side = side;
    this.up = up;
    this.withGradient = withGradient;
    upTaps = Inputs.normal(3, (long) TAPS * up);
    input = Inputs.normal(1, 1, CHANNELS, side, side);
    inputBuffer = input.data_ptr_float();
    gradient = new FloatPointer((long) CHANNELS * side * side);
    composition = FilteredLeakyRelu.of(up, DOWN, low, high, GAIN, SLOPE, CLAMP);
    activation =
        new FilteredActivation(
            up,
            DOWN,
            low,
            high,
            low,
            high,
            false,
            GAIN,
            SLOPE,
            CLAMP,
            FirFilter.separable(upTaps.data_ptr_float(), TAPS * up),
            FirFilter.separable(downTaps.data_ptr_float(), TAPS * DOWN));
  }

  /** A layer that keeps its size. */
  static FilteredLeakyReluCase sameSize(boolean withGradient) {
    return new FilteredLeakyReluCase(150, 2, 9, 8, withGradient);
  }

  /** A layer that doubles its sampling rate. */
  static FilteredLeakyReluCase larger(boolean withGradient) {
    return new FilteredLeakyReluCase(86, 4, -6, -9, withGradient);
  }

  @Override
  public String name() {
    return String.format(
        "filtered_lrelu%s (%d, %d, %d), up %d, down %d",
        withGradient ? " with gradient" : "", CHANNELS, side, side, up, DOWN);
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public long bytes() {
    long inner = (long) side * side;
    long outer = (long) OUT * OUT;
    return 4L * CHANNELS * (withGradient ? 3 * inner + 2 * outer : inner + outer);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.filteredLeakyRelu(
        inputBuffer, biasBuffer, CHANNELS, CHANNELS, side, side, activation, output);
    if (withGradient) {
      kernels.filteredLeakyReluGradient(
          inputBuffer,
          biasBuffer,
          CHANNELS,
          CHANNELS,
          side,
          side,
          activation,
          upstreamBuffer,
          gradient);
    }
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope();
        OneDnnScope oneDnn = new OneDnnScope()) {
      if (withGradient) {
        expectedGradient();
      } else {
        expectedOutput();
      }
    }
  }

  private Tensor expectedOutput() {
    return composition.apply(input, bias, upTaps, downTaps, null);
  }

  private Tensor expectedGradient() {
    return composition.gradient(input, bias, upTaps, downTaps, upstream, null);
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope();
        OneDnnScope oneDnn = new OneDnnScope()) {
      float[] made = new float[CHANNELS * OUT * OUT];
      output.get(made);
      Inputs.requireClose("output", Tensors.toFloats(expectedOutput()), made);
      if (withGradient) {
        float[] found = new float[CHANNELS * side * side];
        gradient.get(found);
        Inputs.requireClose("gradient", Tensors.toFloats(expectedGradient()), found);
      }
    }
  }
}
