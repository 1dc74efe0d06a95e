package org.potstill.prior;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * One layer of the synthesis: modulated convolution, then filtered leaky ReLU; the last one, to
 * RGB, has neither filter nor nonlinearity (Karras et al. 2021, figure 4b).
 *
 * @param name as in the state, without prefix: {@code L}, number, size and channels of the output
 * @param inSize rows and columns of its input
 * @param outSize likewise of its output
 * @param inChannels of its input
 * @param outChannels of its output
 * @param up factor of the upsampling
 * @param down factor of the downsampling
 * @param kernel size of the convolution
 * @param toRgb whether it is the last one
 */
record SynthesisLayer(
    String name,
    int inSize,
    int outSize,
    int inChannels,
    int outChannels,
    int up,
    int down,
    int kernel,
    boolean toRgb) {

  /** Taps of a filter for every factor. */
  static final int TAPS = 6;

  private static final double CLAMP = 256;

  /** The name of one of its entries in the state. */
  String entry(String suffix) {
    return "synthesis." + name + "." + suffix;
  }

  /** Taps of the filter for {@code factor}; 1 stands for no filter. */
  int taps(int factor) {
    return factor > 1 && !toRgb ? TAPS * factor : 1;
  }

  /** Samples that the padding adds to the upsampled image, in all. */
  private int paddingInAll() {
    int filtered = (outSize - 1) * down + 1;
    return filtered - (inSize + kernel - 1) * up + taps(up) + taps(down) - 2;
  }

  /** Samples added before the upsampled image; negative where it is cropped. */
  int paddingBefore() {
    return Math.floorDiv(paddingInAll() + up, 2);
  }

  /** Samples added after the upsampled image; negative where it is cropped. */
  int paddingAfter() {
    return paddingInAll() - paddingBefore();
  }

  private FilteredLeakyRelu activation() {
    return toRgb
        ? FilteredLeakyRelu.of(1, 1, 0, 0, 1, 1, CLAMP)
        : FilteredLeakyRelu.of(
            up, down, paddingBefore(), paddingAfter(), Math.sqrt(2), DenseLayer.SLOPE, CLAMP);
  }

  /**
   * The output.
   *
   * @param input (N, inChannels, inSize, inSize)
   * @param w (N, w)
   * @param kernels may be null
   * @return (N, outChannels, outSize, outSize)
   */
  Tensor apply(NamedTensors state, Tensor input, Tensor w, Kernels kernels) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      result.put(activate(state, convolve(state, input, w, kernels), kernels));
    }
    return result;
  }

  /**
   * The first half: up to the activation, before its bias.
   *
   * @param kernels may be null; not used where LibTorch must differentiate
   */
  Tensor convolve(NamedTensors state, Tensor input, Tensor w, Kernels kernels) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      ModulatedConvolution.Scaled scaled = scaled(state, w);
      boolean differentiated =
          GradMode.is_enabled() && (input.requires_grad() || w.requires_grad());
      result.put(
          differentiated
              ? ModulatedConvolution.apply(input, scaled)
              : new ScaledConvolution(kernels, scaled.weight()).forward(input, scaled.factors()));
    }
    return result;
  }

  private ModulatedConvolution.Scaled scaled(NamedTensors state, Tensor w) {
    Tensor gain = state.get(entry("magnitude_ema")).rsqrt();
    Tensor styles = new DenseLayer(entry("affine"), 1, false).apply(state, w);
    Tensor weighed =
        toRgb
            ? styles.mul(new Scalar(1 / Math.sqrt((double) inChannels * kernel * kernel)))
            : styles;
    return ModulatedConvolution.scaled(state.get(entry("weight")), weighed, !toRgb, gain);
  }

  /** The second half. */
  Tensor activate(NamedTensors state, Tensor convolved, Kernels kernels) {
    return activation()
        .apply(
            convolved,
            state.get(entry("bias")),
            filter(state, "up_filter"),
            filter(state, "down_filter"),
            kernels);
  }

  /**
   * What is kept of the layer for its backward pass.
   *
   * @param input (N, inChannels, inSize, inSize)
   * @param convolved what the first half made of it
   */
  record Step(Tensor input, Tensor convolved) {

    void close() {
      input.close();
      convolved.close();
    }
  }

  /**
   * What a loss changes with.
   *
   * @param input shaped as the input
   * @param w (N, w)
   */
  record Gradients(Tensor input, Tensor w) {}

  /**
   * The backward pass.
   *
   * @param outputGradient shaped as the output
   * @param kernels may be null
   */
  Gradients pullBack(
      NamedTensors state, Step step, Tensor w, Tensor outputGradient, Kernels kernels) {
    Tensor ofInput = new Tensor();
    Tensor ofW = new Tensor();
    try (PointerScope scope = new PointerScope();
        AutoGradMode differentiate = new AutoGradMode(true)) {
      Tensor leaf = w.detach().requires_grad_(true);
      ModulatedConvolution.Scaled scaled = scaled(state, leaf);
      ScaledConvolution.Factors factors = scaled.factors();
      ScaledConvolution.Gradients found =
          new ScaledConvolution(kernels, scaled.weight())
              .gradients(
                  activationGradient(state, step.convolved(), outputGradient, kernels),
                  step.input(),
                  factors,
                  step.convolved());
      ofInput.put(found.input());
      Tensor[] wanted = {leaf};
      ofW.put(
          found.out() == null
              ? Tensors.gradients(factors.in(), found.in(), wanted, false)[0]
              : Tensors.gradients(
                  new Tensor[] {factors.in(), factors.out()},
                  new Tensor[] {found.in(), found.out()},
                  wanted)[0]);
    }
    return new Gradients(ofInput, ofW);
  }

  private Tensor activationGradient(
      NamedTensors state, Tensor convolved, Tensor gradient, Kernels kernels) {
    return activation()
        .gradient(
            convolved,
            state.get(entry("bias")),
            filter(state, "up_filter"),
            filter(state, "down_filter"),
            gradient,
            kernels);
  }

  private Tensor filter(NamedTensors state, String suffix) {
    return state.contains(entry(suffix)) ? state.get(entry(suffix)) : null;
  }
}
