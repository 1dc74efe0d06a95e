package org.potstill.benchmarks;

import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.ConvolutionMaps;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * The gradient of images through the first convolution of a ConvNet, to 128 channels: against
 * LibTorch's on maps with the channels last.
 */
final class ImageGradientCase implements KernelCase {

  private static final long IMAGES = 10;
  private static final long SIDE = 32;
  private static final long WIDTH = 128;
  private static final long SIDE_OF_SQUARE = 3;

  /** Of the weights, so that gradients are of the size of what comes back. */
  private static final float SCALE = 0.03f;

  private final long channels;
  private final ConvolutionMaps maps;
  private final Tensor weight;
  private final Tensor upstream;
  private final Tensor gradient;

  ImageGradientCase(Placement place, long channels) {
    this.channels = channels;
    maps = new ConvolutionMaps(IMAGES, SIDE, SIDE, channels, WIDTH);
    weight = Inputs.normal(place, 1, WIDTH, channels, SIDE_OF_SQUARE, SIDE_OF_SQUARE);
    weight.mul_(Tensors.of(new float[] {SCALE}));
    upstream = last(Inputs.normal(place, 2, IMAGES, WIDTH, SIDE, SIDE));
    gradient = last(Inputs.normal(place, 3, IMAGES, channels, SIDE, SIDE));
  }

  private static Tensor last(Tensor tensor) {
    return tensor.contiguous(torch.MemoryFormat.ChannelsLast);
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

  /** Not written for GPUs. */
  @Override
  public boolean runsOnGpu() {
    return false;
  }

  @Override
  public double targetOnGpu() {
    return 1;
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
