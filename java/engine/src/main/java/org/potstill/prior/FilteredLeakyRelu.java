package org.potstill.prior;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.Tensors;

/**
 * A leaky ReLU between an upsampling and a downsampling low-pass filter (Karras et al. 2021,
 * section 3.2): bias, upsampling with gain {@code up^2}, {@code gain * lrelu}, clamping,
 * downsampling.
 *
 * <p>This class is where hand-written kernels take the place of LibTorch's operators: nothing else
 * knows how the two functions are computed.
 *
 * @param up factor
 * @param down factor
 * @param resampling the way up, with the padding of the upsampled image
 * @param gain factor of the activation
 * @param slope of the activation below zero
 * @param clamp bound of the absolute value, or infinity; no gradient passes where it holds
 */
record FilteredLeakyRelu(
    int up, int down, UpFirDn resampling, double gain, double slope, double clamp) {

  /**
   * An activation with the same padding in both directions.
   *
   * @param low rows and columns added before the upsampled image, negative to crop
   * @param high likewise after it
   */
  static FilteredLeakyRelu of(
      int up, int down, int low, int high, double gain, double slope, double clamp) {
    UpFirDn resampling = UpFirDn.square(up, 1, low, high, (double) up * up);
    return new FilteredLeakyRelu(up, down, resampling, gain, slope, clamp);
  }

  /**
   * The activation; LibTorch can differentiate it.
   *
   * @param input (N, C, H, W)
   * @param bias (C)
   * @param upFilter (taps), (rows, columns), or null for none
   * @param downFilter likewise
   * @return (N, C, H', W') in the caller's scope
   */
  Tensor apply(Tensor input, Tensor bias, Tensor upFilter, Tensor downFilter) {
    Tensor large = resampling.apply(input.add(bias.view(1, -1, 1, 1)), upFilter);
    Tensor active = slope == 1 ? large : torch.leaky_relu(large, new Scalar(slope));
    Tensor scaled = gain == 1 ? active : active.mul(new Scalar(gain));
    Tensor clamped =
        Double.isInfinite(clamp)
            ? scaled
            : torch.clamp(
                scaled,
                new ScalarOptional(new Scalar(-clamp)),
                new ScalarOptional(new Scalar(clamp)));
    UpFirDn smaller = new UpFirDn(1, 1, down, down, 0, 0, 0, 0, resampling.flip(), 1);
    return smaller.apply(clamped, downFilter);
  }

  /**
   * The gradient with respect to the input; what lies between is computed anew, so that nothing of
   * the upsampled size is kept.
   *
   * @param gradient with respect to the output
   * @return (N, C, H, W) in the caller's scope
   */
  Tensor gradient(Tensor input, Tensor bias, Tensor upFilter, Tensor downFilter, Tensor gradient) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      AutoGradMode differentiate = new AutoGradMode(true);
      try {
        Tensor leaf = input.detach().requires_grad_(true);
        Tensor output = apply(leaf, bias, upFilter, downFilter);
        result.put(Tensors.gradients(output, gradient, new Tensor[] {leaf}, false)[0]);
      } finally {
        differentiate.close();
      }
    }
    return result;
  }
}
