package org.potstill.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;

/** Gradients of a network's parameters, or how these move: of the parameters that are wanted. */
final class ParameterGradients {

  private final Map<String, Tensor> found = new LinkedHashMap<>();

  /**
   * None found yet. What is found belongs to the scope in which this is made, so that it outlives
   * the scopes of the layers.
   *
   * @param wanted names of parameters, in order
   */
  ParameterGradients(List<String> wanted) {
    wanted.forEach(name -> found.put(name, new Tensor()));
  }

  /** Asks for the gradient of a parameter, if that is wanted. */
  void offer(String name, Supplier<Tensor> gradient) {
    if (found.containsKey(name)) {
      found.get(name).put(gradient.get());
    }
  }

  /** One per wanted parameter; zeros for what was not offered, as nothing depends on it. */
  List<Tensor> inOrder(NamedTensors state) {
    List<Tensor> all = new ArrayList<>();
    found.forEach(
        (name, gradient) ->
            all.add(gradient.defined() ? gradient : torch.zeros_like(state.get(name)).detach()));
    return all;
  }
}
