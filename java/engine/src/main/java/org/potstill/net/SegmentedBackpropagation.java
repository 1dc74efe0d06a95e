package org.potstill.net;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;

/**
 * Passes through a network on the CPU with the channels last, where kernels do what they do faster
 * in both directions, and autograd records what lies {@linkplain Segments between}.
 */
final class SegmentedBackpropagation extends Backpropagation {

  private final NamedTensors state;
  private final Wanted wanted;
  private final Tensor leaf;
  private final Segments segments = new Segments();
  private final NetworkOutput output;

  /**
   * Goes forward.
   *
   * @param network that finds its layers' kernels by itself
   */
  SegmentedBackpropagation(
      AbstractNetwork network,
      NamedTensors state,
      Tensor input,
      Pass pass,
      Output output,
      Wanted wanted) {
    this.state = state;
    this.wanted = wanted;
    leaf = ChannelsLast.of(input).requires_grad_(wanted.input());
    this.output = network.segmented(state, leaf, pass, output, segments);
  }

  /** How many layers went to kernels, and values that several layers take. */
  int cuts() {
    return segments.size();
  }

  @Override
  public NetworkOutput output() {
    return output;
  }

  @Override
  public Tensor[] gradients(Tensor outputGradient) {
    List<String> names = wanted.parameters();
    Tensor[] inputs = new Tensor[names.size() + (wanted.input() ? 1 : 0)];
    for (int i = 0; i < names.size(); i++) {
      inputs[i] = state.get(names.get(i));
    }
    if (wanted.input()) {
      inputs[names.size()] = leaf;
    }
    Tensor[] found = segments.gradients(output.value(), outputGradient, inputs);
    for (int i = 0; i < inputs.length; i++) {
      found[i] = found[i].contiguous();
    }
    return found;
  }
}
