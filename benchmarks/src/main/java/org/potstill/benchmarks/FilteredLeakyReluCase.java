package org.potstill.benchmarks;

import java.util.Locale;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.FilteredActivation;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;
import org.potstill.prior.FilteredLeakyRelu;
import org.potstill.tensor.Placement;
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
  private final Tensor bias;
  private final Tensor upTaps;
  private final Tensor downTaps;
  private final Tensor upstream;
  private final Tensor output;
  private final Tensor gradient;
  private final FloatPointer inputBuffer;
  private final FloatPointer biasBuffer;
  private final FloatPointer upstreamBuffer;
  private final FloatPointer outputBuffer;
  private final FloatPointer gradientBuffer;

  private FilteredLeakyReluCase(
      Placement place, int side, int up, int low, int high, boolean withGradient) {
    this.side = side;
    this.up = up;
    this.withGradient = withGradient;
    input = Inputs.normal(place, 1, 1, CHANNELS, side, side);
    bias = Inputs.normal(place, 2, CHANNELS);
    upTaps = Inputs.normal(place, 3, (long) TAPS * up);
    downTaps = Inputs.normal(place, 4, TAPS * DOWN);
    upstream = Inputs.normal(place, 5, 1, CHANNELS, OUT, OUT);
    output = Tensors.empty(input, CHANNELS, OUT, OUT);
    gradient = Tensors.empty(input, CHANNELS, side, side);
    inputBuffer = input.data_ptr_float();
    biasBuffer = bias.data_ptr_float();
    upstreamBuffer = upstream.data_ptr_float();
    outputBuffer = output.data_ptr_float();
    gradientBuffer = gradient.data_ptr_float();
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
  static FilteredLeakyReluCase sameSize(Placement place, boolean withGradient) {
    return new FilteredLeakyReluCase(place, 150, 2, 9, 8, withGradient);
  }

  /** A layer that doubles its sampling rate. */
  static FilteredLeakyReluCase larger(Placement place, boolean withGradient) {
    return new FilteredLeakyReluCase(place, 86, 4, -6, -9, withGradient);
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "filtered_lrelu%s (%d, %d, %d), up %d, down %d",
        withGradient ? " with gradient" : "",
        CHANNELS,
        side,
        side,
        up,
        DOWN);
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
    long inner = (long) side * side;
    long outer = (long) OUT * OUT;
    return 4L * CHANNELS * (withGradient ? 3 * inner + 2 * outer : inner + outer);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.filteredLeakyRelu(
        inputBuffer, biasBuffer, CHANNELS, CHANNELS, side, side, activation, outputBuffer);
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
          gradientBuffer);
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
      Inputs.requireClose("output", Tensors.toFloats(expectedOutput()), Tensors.toFloats(output));
      if (withGradient) {
        Inputs.requireClose(
            "gradient", Tensors.toFloats(expectedGradient()), Tensors.toFloats(gradient));
      }
    }
  }
}
