package org.potstill.net;

import org.bytedeco.pytorch.Tensor;

/**
 * AlexNet (Krizhevsky, Sutskever and Hinton 2012) in the form of the distillation papers: five
 * convolutions, three poolings, one linear layer, no norm.
 *
 * <p>Input (N, channels, size, size); features (N, 192 * side * side) with side = size / 8.
 */
final class AlexNet extends AbstractNetwork {

  static final String NAME = "alexnet";

  /** Measured; half of it is the scratch memory of the second convolution. */
  private static final long MAPS_IN_TRAINING = 13;

  private final int firstPadding;

  private AlexNet(NetworkSpec spec, StateLayout layout) {
    super(NAME, spec.classes(), layout);
    // The kernel is 5 x 5, so that 2 keeps the size.
    this.firstPadding = 2 + spec.extraPadding();
  }

  static AlexNet of(NetworkSpec spec) {
    spec.requireNorm(Norm.NONE);
    spec.requireSize(8);
    StateLayout layout = new StateLayout();
    layout.convolution("features.0", spec.channels(), 128, 5, true);
    layout.convolution("features.3", 128, 192, 5, true);
    layout.convolution("features.6", 192, 256, 3, true);
    layout.convolution("features.8", 256, 192, 3, true);
    layout.convolution("features.10", 192, 192, 3, true);
    long side = spec.paddedSize() / 8;
    layout.linear("fc", 192 * side * side, spec.classes(), true);
    return new AlexNet(spec, layout);
  }

  @Override
  protected boolean usesDropout() {
    return false;
  }

  @Override
  protected long largestMap(long pixels) {
    return 128 * pixels;
  }

  @Override
  protected long mapsInTraining() {
    return MAPS_IN_TRAINING;
  }

  @Override
  boolean worksByKernels() {
    return true;
  }

  @Override
  protected Tensor features(Layers layers, Tensor input) {
    Tensor value =
        pooled(Layers.relu(layers.convolution("features.0", input, true, 1, firstPadding)));
    value = pooled(Layers.relu(layers.convolution("features.3", value, true, 1, 2)));
    value = Layers.relu(layers.convolution("features.6", value, true, 1, 1));
    value = Layers.relu(layers.convolution("features.8", value, true, 1, 1));
    value = Layers.relu(layers.convolution("features.10", value, true, 1, 1));
    return Layers.flatten(pooled(value));
  }

  private static Tensor pooled(Tensor input) {
    return Layers.maxPool(input, 2, 2, 0);
  }

  @Override
  protected Tensor classify(Layers layers, Tensor input) {
    return layers.linear("fc", features(layers, input), true);
  }
}
