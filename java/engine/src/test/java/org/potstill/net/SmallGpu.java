package org.potstill.net;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;

/**
 * A network whose passes fail as on a GPU that holds no more than a few images at once.
 *
 * @param most images of a pass
 */
public record SmallGpu(Network network, int most) implements Network {

  /** The error as LibTorch words it. */
  private void requireRoom(Tensor input) {
    if (input.size(0) > most) {
      throw new RuntimeException(
          "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.11 GiB"
              + " of which 17.56 MiB is free.");
    }
  }

  @Override
  public String name() {
    return network.name();
  }

  @Override
  public List<StateEntry> state() {
    return network.state();
  }

  @Override
  public int classes() {
    return network.classes();
  }

  @Override
  public NamedTensors initialise(RandomStream random) {
    return network.initialise(random);
  }

  @Override
  public boolean separable(Pass pass) {
    return network.separable(pass);
  }

  @Override
  public NetworkOutput logits(NamedTensors state, Tensor input, Pass pass) {
    requireRoom(input);
    return network.logits(state, input, pass);
  }

  @Override
  public NetworkOutput embed(NamedTensors state, Tensor input, Pass pass) {
    requireRoom(input);
    return network.embed(state, input, pass);
  }
}
