package org.potstill.net;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;

/**
 * A direction in which a network's parameters move.
 *
 * @param state the parameters
 * @param moved by name, shaped as the parameter; those that are not named stay
 */
record ParameterDirection(NamedTensors state, Map<String, Tensor> moved) {

  /** Of one parameter; null where it stays, which saves an operation. */
  Tensor orNull(String name) {
    return moved.get(name);
  }

  /** The same; zeros where it stays. */
  Tensor orZeros(String name) {
    Tensor own = moved.get(name);
    return own == null ? torch.zeros_like(state.get(name)).detach() : own;
  }
}
