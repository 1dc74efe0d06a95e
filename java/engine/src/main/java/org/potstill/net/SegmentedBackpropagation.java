package org.potstill.net;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The way through a network on the CPU with the channels last, where kernels do what they do faster
 * both ways, and autograd records what lies {@linkplain Segments between}.
 */
final class SegmentedBackpropagation extends Backpropagation {

  private final NamedTensors state;
  private final Wanted wanted;
  private final Tensor leaf;
  private final Segments segments = new Segments();
  private final NetworkOutput output;

  /** By the number of the cut, what has come back to its output so far; undefined: nothing. */
  private final Tensor[] received;

  /** What has come back to the wanted parameters and the input. */
  private final Map<String, Tensor> found = new HashMap<>();

  private final Tensor ofInput = new Tensor();

  /**
   * Goes the way there.
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
    received = new Tensor[segments.cuts().size()];
    for (int i = 0; i < received.length; i++) {
      received[i] = new Tensor();
    }
    wanted.parameters().forEach(name -> found.put(name, new Tensor()));
  }

  /** How many layers went to kernels, and values that several layers take. */
  int cuts() {
    return received.length;
  }

  @Override
  public NetworkOutput output() {
    return output;
  }

  @Override
  public Tensor[] gradients(Tensor outputGradient) {
    goBack(received.length, output.value(), outputGradient);
    for (int i = received.length - 1; i >= 0; i--) {
      if (received[i].defined()) {
        throughCut(i);
      }
    }
    Tensor[] all = new Tensor[wanted.parameters().size() + (wanted.input() ? 1 : 0)];
    for (int i = 0; i < wanted.parameters().size(); i++) {
      String name = wanted.parameters().get(i);
      all[i] = orZeros(found.get(name), state.get(name)).contiguous();
    }
    if (wanted.input()) {
      all[all.length - 1] = orZeros(ofInput, leaf).contiguous();
    }
    return all;
  }

  private static Tensor orZeros(Tensor gradient, Tensor of) {
    return gradient.defined() ? gradient : torch.zeros_like(of).detach();
  }

  private void throughCut(int i) {
    Segments.Cut cut = segments.cuts().get(i);
    boolean further = cut.input().requires_grad();
    try (PointerScope scope = new PointerScope()) {
      Tensor gradient;
      try (NoGradGuard guard = new NoGradGuard()) {
        gradient = cut.back().apply(received[i], further, this::offer);
      }
      if (further) {
        goBack(i, cut.input(), gradient);
      }
    }
    // A map each: what lies before has most of the memory still to come.
    received[i].close();
  }

  private void offer(String name, Supplier<Tensor> gradient) {
    Tensor into = found.get(name);
    if (into != null) {
      add(into, gradient.get());
    }
  }

  /** From the end of a segment to whatever it began with: outputs of cuts before, parameters. */
  private void goBack(int before, Tensor end, Tensor gradient) {
    for (int i = before - 1; i >= 0; i--) {
      if (segments.cuts().get(i).output().is_same(end)) {
        add(received[i], gradient);
        return;
      }
    }
    try (PointerScope scope = new PointerScope()) {
      List<String> names = wanted.parameters();
      Tensor[] inputs = new Tensor[before + names.size() + 1];
      Tensor[] sums = new Tensor[inputs.length];
      for (int i = 0; i < before; i++) {
        inputs[i] = segments.cuts().get(i).output();
        sums[i] = received[i];
      }
      for (int i = 0; i < names.size(); i++) {
        inputs[before + i] = state.get(names.get(i));
        sums[before + i] = found.get(names.get(i));
      }
      inputs[inputs.length - 1] = leaf;
      sums[inputs.length - 1] = ofInput;
      Tensor[] gradients = Tensors.gradientsWhereAny(end, gradient, inputs);
      for (int i = 0; i < gradients.length; i++) {
        if (gradients[i] != null) {
          add(sums[i], gradients[i]);
        }
      }
    }
  }

  /** Not in place: autograd may hand out one tensor as several gradients. */
  private static void add(Tensor sum, Tensor term) {
    try (NoGradGuard guard = new NoGradGuard()) {
      sum.put(sum.defined() ? sum.add(term) : term);
    }
  }
}
