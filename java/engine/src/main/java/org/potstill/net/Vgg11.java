package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * VGG-11 (Simonyan and Zisserman 2015) with a norm after every convolution and one linear layer.
 *
 * <p>Input (N, channels, size, size); features (N, 512 * side * side). Five poolings leave side =
 * size / 32; above 64 pixels a maximum pooling brings it to 7.
 */
final class Vgg11 extends AbstractNetwork {

  static final String NAME = "vgg11";

  /** Measured. */
  private static final long MAPS_IN_TRAINING = 14;

  /** Channels of the convolutions; 0 is a pooling. */
  private static final int[] PLAN = {64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0};

  private static final int LARGE_SIDE = 7;

  private final Norm norm;
  private final int firstPadding;
  private final boolean large;

  private Vgg11(NetworkSpec spec, StateLayout layout) {
    super(NAME, spec.classes(), layout);
    this.norm = spec.norm();
    this.firstPadding = 1 + spec.extraPadding();
    this.large = spec.large();
  }

  static Vgg11 of(NetworkSpec spec) {
    spec.requireNorm(Norm.INSTANCE, Norm.BATCH);
    spec.requireSize(32);
    StateLayout layout = new StateLayout();
    int in = spec.channels();
    for (Step step : steps()) {
      if (step.channels() > 0) {
        layout.convolution(step.convolution(), in, step.channels(), 3, true);
        layout.norm(spec.norm(), step.norm(), step.channels(), 0);
        in = step.channels();
      }
    }
    long side = spec.large() ? LARGE_SIDE : spec.paddedSize() / 32;
    layout.linear("classifier", in * side * side, spec.classes(), true);
    return new Vgg11(spec, layout);
  }

  /** A convolution with its position in the published list of layers, or a pooling. */
  private record Step(int channels, int position) {
    String convolution() {
      return "features." + position;
    }

    String norm() {
      return "features." + (position + 1);
    }
  }

  private static List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    int position = 0;
    for (int channels : PLAN) {
      steps.add(new Step(channels, position));
      position += channels > 0 ? 3 : 1;
    }
    return steps;
  }

  @Override
  protected boolean usesDropout() {
    return false;
  }

  @Override
  protected long largestMap(long pixels) {
    return 64 * pixels;
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
    Tensor value = input;
    for (Step step : steps()) {
      if (step.channels() > 0) {
        int padding = step.position() == 0 ? firstPadding : 1;
        value = layers.convolution(step.convolution(), value, true, 1, padding);
        value = layers.normRelu(norm, step.norm(), value);
      } else {
        value = Layers.maxPool(value, 2, 2, 0);
      }
    }
    return Layers.flatten(large ? Layers.adaptiveMaxPool(value, LARGE_SIDE) : value);
  }

  @Override
  protected Tensor classify(Layers layers, Tensor input) {
    return layers.linear("classifier", features(layers, input), true);
  }
}
