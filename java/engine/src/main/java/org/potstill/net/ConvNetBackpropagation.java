package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;

/** The {@linkplain ConvNetPasses passes} of a ConvNet by kernels, forward and backward. */
final class ConvNetBackpropagation extends Backpropagation {

  private final ConvNetPasses passes;
  private final NamedTensors state;
  private final Wanted wanted;
  private final ConvNetPasses.Forward forward;

  /** Goes forward. */
  ConvNetBackpropagation(
      ConvNetPasses passes, NamedTensors state, Tensor input, Output output, Wanted wanted) {
    this.passes = passes;
    this.state = state;
    this.wanted = wanted;
    forward = passes.forward(input, output);
  }

  @Override
  public NetworkOutput output() {
    return new NetworkOutput(forward.output(), passes.movedBuffers());
  }

  @Override
  public Tensor[] gradients(Tensor outputGradient) {
    ParameterGradients found = new ParameterGradients(wanted.parameters());
    ConvNetPasses.Also also =
        wanted.input() ? ConvNetPasses.Also.INPUT : ConvNetPasses.Also.NOTHING;
    Tensor ofInput = passes.backward(forward, outputGradient, found, also).input();
    List<Tensor> all = new ArrayList<>(found.inOrder(state));
    if (wanted.input()) {
      all.add(ofInput);
    }
    return all.toArray(Tensor[]::new);
  }
}
