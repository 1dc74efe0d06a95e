package org.potstill.benchmarks;

import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.ConvolutionMaps;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * The gradient of images through the first convolution of a ConvNet, to 128 channels: against
 * LibTorch's on maps with the channels last.
 */
final class ImageGradientCase implements HostCase {

  private static final long IMAGES = 10;
  private static final long SIDE = 32;
  private static final long WIDTH = 128;

  private final long channels;
  private final ConvolutionMaps maps;
  private final Tensor weight;
  private final Tensor upstream;
  private final Tensor gradient;

  ImageGradientCase(Placement place, long channels) {
    this.channels = channels;
    maps = new ConvolutionMaps(IMAGES, SIDE, SIDE, channels, WIDTH, 3);
    weight = Inputs.filters(place, 1, WIDTH, channels, 3);
    upstream = Inputs.channelsLast(Inputs.normal(place, 2, IMAGES, WIDTH, SIDE, SIDE));
    gradient = Inputs.channelsLast(Inputs.normal(place, 3, IMAGES, channels, SIDE, SIDE));
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT, "image gradient (%d, %d, %d, %d)", IMAGES, channels, SIDE, SIDE);
  }

  @Override
  public double target() {
    return 1.4;
  }

  @Override
  public long bytes() {
    return 4 * IMAGES * SIDE * SIDE * (WIDTH + channels);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.convolutionInputGradient(
        maps, upstream.data_ptr_float(), weight.data_ptr_float(), gradient.data_ptr_float());
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      expected();
    }
  }

  /** The values of the images are not read. */
  private Tensor expected() {
    return Convolution.plainInputGradient(upstream, gradient, weight, 1);
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope()) {
      Inputs.requireClose("gradient", Tensors.toFloats(expected()), Tensors.toFloats(gradient));
    }
  }
}
