package org.potstill.net;

import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;

/** What the networks share: their state, and the way from an input to features and logits. */
abstract class AbstractNetwork implements Network {

  private final String name;
  private final int classes;
  private final StateLayout layout;
  private final List<StateEntry> entries;

  AbstractNetwork(String name, int classes, StateLayout layout) {
    this.name = name;
    this.classes = classes;
    this.layout = layout;
    this.entries = layout.entries();
  }

  /** What {@link #embed} gives. */
  abstract Tensor features(Layers layers, Tensor input);

  /** What {@link #logits} gives. */
  abstract Tensor classify(Layers layers, Tensor input);

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final List<StateEntry> state() {
    return entries;
  }

  @Override
  public final int classes() {
    return classes;
  }

  @Override
  public final NamedTensors initialise(RandomStream random) {
    return layout.initialise(random);
  }

  @Override
  public final NetworkOutput logits(NamedTensors state, Tensor input, Pass pass) {
    return run(state, input, pass, this::classify);
  }

  @Override
  public final NetworkOutput embed(NamedTensors state, Tensor input, Pass pass) {
    return run(state, input, pass, this::features);
  }

  /** From an input to an output through the layers of one pass. */
  private interface Way {
    Tensor apply(Layers layers, Tensor input);
  }

  private NetworkOutput run(NamedTensors state, Tensor input, Pass pass, Way way) {
    Layers layers = new Layers(state, pass);
    try {
      Tensor value = way.apply(layers, arranged(state, input));
      return new NetworkOutput(value, layers.movedBuffers());
    } catch (RuntimeException e) {
      layers.movedBuffers().close();
      throw e;
    }
  }

  /**
   * Whether a pass on the CPU without gradients has the channels last; with gradients none has,
   * since the backward pass of group norm is slow in that order.
   */
  boolean channelsLast() {
    return false;
  }

  private Tensor arranged(NamedTensors state, Tensor input) {
    return channelsLast() && input.is_cpu() && !differentiated(state, input)
        ? input.contiguous(torch.MemoryFormat.ChannelsLast)
        : input;
  }

  private static boolean differentiated(NamedTensors state, Tensor input) {
    return GradMode.is_enabled()
        && (input.requires_grad() || state.values().stream().anyMatch(Tensor::requires_grad));
  }

  @Override
  public final String toString() {
    return name + " with " + classes + " outputs";
  }
}
