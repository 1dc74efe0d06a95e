package org.potstill.prior;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;

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
      result.put(activate(state, convolve(state, input, w), kernels));
    }
    return result;
  }

  /** The first half: up to the activation, before its bias. */
  Tensor convolve(NamedTensors state, Tensor input, Tensor w) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor gain = state.get(entry("magnitude_ema")).rsqrt();
      Tensor styles = new DenseLayer(entry("affine"), 1, false).apply(state, w);
      Tensor scaled =
          toRgb
              ? styles.mul(new Scalar(1 / Math.sqrt((double) inChannels * kernel * kernel)))
              : styles;
      Tensor weight = state.get(entry("weight"));
      result.put(ModulatedConvolution.apply(input, weight, scaled, !toRgb, gain));
    }
    return result;
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

  /** The gradient of the second half with respect to its input. */
  Tensor activationGradient(
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
