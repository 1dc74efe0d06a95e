package org.potstill.net;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * ResNet-18 (He et al. 2016) in the form of the distillation papers: a 3x3 stem of stride 1 and no
 * pooling before the four stages.
 *
 * <p>Input (N, channels, size, size). Logits come from the mean of every map; features, as
 * published, from the means of 4x4 squares: (N, 512) at 32 pixels, (N, 8192) at 128.
 */
final class ResNet18 extends AbstractNetwork {

  static final String NAME = "resnet18";

  private static final int FEATURE_SQUARE = 4;

  /** Of all stages together. */
  private static final int STRIDE = 8;

  private final ResidualStages stages;

  private ResNet18(NetworkSpec spec, ResidualStages stages, StateLayout layout) {
    super(NAME, spec.classes(), layout);
    this.stages = stages;
  }

  static ResNet18 of(NetworkSpec spec) {
    spec.requireNorm(Norm.INSTANCE, Norm.BATCH);
    spec.requirePositions((spec.imageSize() + STRIDE - 1) / STRIDE);
    StateLayout layout = new StateLayout();
    ResidualStages stages = new ResidualStages(spec.norm(), "shortcut", false);
    layout.convolution("conv1", spec.channels(), ResidualStages.channels(0), 3, false);
    layout.norm(spec.norm(), "bn1", ResidualStages.channels(0), 0);
    stages.describe(
        layout, (name, in, out, kernel) -> layout.convolution(name, in, out, kernel, false));
    layout.linear("classifier", ResidualStages.channels(3), spec.classes(), true);
    return new ResNet18(spec, stages, layout);
  }

  private Tensor maps(Layers layers, Tensor input) {
    Tensor stem = layers.convolution("conv1", input, false, 1, 1);
    return stages.apply(layers, layers.normRelu(stages.norm(), "bn1", stem));
  }

  @Override
  protected boolean usesDropout() {
    return false;
  }

  @Override
  protected long largestMap(long pixels) {
    return ResidualStages.channels(0) * pixels;
  }

  @Override
  boolean worksByKernels() {
    return true;
  }

  @Override
  protected Tensor features(Layers layers, Tensor input) {
    Tensor maps = maps(layers, input);
    return Layers.flatten(Layers.averagePool(maps, Math.min(FEATURE_SQUARE, maps.size(2))));
  }

  @Override
  protected Tensor classify(Layers layers, Tensor input) {
    Tensor pooled = torch.adaptive_avg_pool2d(maps(layers, input), 1, 1);
    return layers.linear("classifier", Layers.flatten(pooled), true);
  }
}
