package org.potstill.net;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.potstill.tensor.NamedTensors;

/**
 * ResNet-18 (He et al. 2016) as torchvision has it, under the same names: a 7x7 stem of stride 2,
 * maximum pooling, batch norm, one linear layer.
 *
 * <p>Input (N, channels, H, W); features are the means of the last maps, (N, 512). The folded form
 * has batch norm folded into the convolutions: it takes the state that {@link #fold} makes, is for
 * evaluation, and gives the same logits in fewer passes over the maps.
 */
public final class ScorerResNet18 extends AbstractNetwork {

  /** Name of the network. */
  public static final String NAME = "resnet18-torchvision";

  private static final double EPSILON = 1e-5;

  private final ResidualStages stages;

  private ScorerResNet18(int classes, ResidualStages stages, StateLayout layout) {
    super(NAME, classes, layout);
    this.stages = stages;
  }

  /** The network with batch norm, as checkpoints hold it and as it is trained. */
  public static ScorerResNet18 of(int channels, int classes) {
    StateLayout layout = new StateLayout();
    return build(
        channels,
        classes,
        layout,
        new ResidualStages(Norm.BATCH, "downsample", false),
        layout::convolutionByFanOut);
  }

  /** The network that takes folded state. */
  public static ScorerResNet18 folded(int channels, int classes) {
    StateLayout layout = new StateLayout();
    return build(
        channels,
        classes,
        layout,
        new ResidualStages(Norm.NONE, "downsample", true),
        (name, in, out, kernel) -> layout.convolution(name, in, out, kernel, true));
  }

  private static ScorerResNet18 build(
      int channels,
      int classes,
      StateLayout layout,
      ResidualStages stages,
      ResidualStages.Convolutions convolutions) {
    if (channels < 1 || classes < 1) {
      throw new InputException(
          NAME + " needs at least one channel and one class, not " + channels + " and " + classes);
    }
    convolutions.add("conv1", channels, ResidualStages.channels(0), 7);
    layout.norm(stages.norm(), "bn1", ResidualStages.channels(0), 0);
    stages.describe(layout, convolutions);
    layout.linear("fc", ResidualStages.channels(3), classes, true);
    return new ScorerResNet18(classes, stages, layout);
  }

  @Override
  boolean worksByKernels() {
    return true;
  }

  @Override
  boolean channelsLast() {
    return true;
  }

  /** The stem has stride 2. */
  @Override
  protected long largestMap(long pixels) {
    return ResidualStages.channels(0) * pixels / 4;
  }

  /** More than elsewhere: its many weights are rearranged once for every such batch. */
  @Override
  long elementsAtOnce() {
    return 1L << 23;
  }

  @Override
  protected Tensor features(Layers layers, Tensor input) {
    Tensor value = layers.convolution("conv1", input, stages.bias(), 2, 3);
    value = Layers.maxPool(layers.normRelu(stages.norm(), "bn1", value), 3, 2, 1);
    Tensor maps = single(stages.apply(layers, value));
    return Layers.flatten(torch.adaptive_avg_pool2d(maps, 1, 1));
  }

  @Override
  protected Tensor classify(Layers layers, Tensor input) {
    return layers.linear("fc", features(layers, input), true);
  }

  /**
   * Folds batch norm, with its running statistics, into the convolution before it: with s = gamma /
   * sqrt(variance + epsilon) the weight becomes s w and the bias beta - s mean.
   *
   * @param state of the network with batch norm; stays as it is
   * @param type of the convolutions, which the images have to have too; the linear layer stays in
   *     single precision, so that losses stay as fine as they were
   * @param order of the weights in memory: the kernel for convolutions on the CPU takes them
   *     row-major, LibTorch's operators with the channels last
   * @return the state of the folded network; the caller closes it
   */
  public static NamedTensors fold(
      NamedTensors state, torch.ScalarType type, torch.MemoryFormat order) {
    NamedTensors folded = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      for (String name : state.names()) {
        if (name.endsWith(".running_var")) {
          String norm = name.substring(0, name.length() - ".running_var".length());
          foldOne(state, convolutionBefore(norm), norm, type, order, folded);
        }
      }
      folded.put("fc.weight", new Tensor(state.get("fc.weight").detach()));
      folded.put("fc.bias", new Tensor(state.get("fc.bias").detach()));
    }
    return folded;
  }

  /** bn1 follows conv1, and downsample.1 follows downsample.0. */
  private static String convolutionBefore(String norm) {
    return norm.endsWith("downsample.1")
        ? norm.substring(0, norm.length() - 1) + "0"
        : norm.replace("bn", "conv");
  }

  private static void foldOne(
      NamedTensors state,
      String convolution,
      String norm,
      torch.ScalarType type,
      torch.MemoryFormat order,
      NamedTensors folded) {
    // In double precision, so that the folded weights are rounded once.
    Tensor variance = doubled(state.get(norm + ".running_var"));
    Tensor scale =
        doubled(state.get(norm + ".weight")).mul(variance.add(new Scalar(EPSILON)).rsqrt());
    Tensor mean = doubled(state.get(norm + ".running_mean"));
    Tensor bias = doubled(state.get(norm + ".bias")).sub(scale.mul(mean));
    Tensor weight = doubled(state.get(convolution + ".weight")).mul(scale.view(-1, 1, 1, 1));
    folded.put(convolution + ".weight", weight.to(type).contiguous(order));
    folded.put(convolution + ".bias", bias.to(type));
  }

  private static Tensor doubled(Tensor tensor) {
    return tensor.detach().to(torch.ScalarType.Double);
  }
}
