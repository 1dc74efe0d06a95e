package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;

/**
 * A network whose passes fail as on a GPU that holds no more than a few images at once: after they
 * have taken memory, which must be given back before the next pass.
 */
public final class SmallGpu implements Network {

  private final Network network;
  private final int most;
  private final List<Tensor> failed = new ArrayList<>();

  /**
   * A network on such a GPU.
   *
   * @param most images of a pass
   */
  public SmallGpu(Network network, int most) {
    this.network = network;
    this.most = most;
  }

  /** The error as LibTorch words it. */
  private NetworkOutput fitting(Tensor input, NetworkOutput output) {
    assertTrue(failed.stream().allMatch(tensor -> tensor.isNull()), "a failed pass holds memory");
    if (input.size(0) > most) {
      failed.add(output.value());
      output.buffers().close();
      throw new RuntimeException(
          "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.11 GiB"
              + " of which 17.56 MiB is free.");
    }
    return output;
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
    return fitting(input, network.logits(state, input, pass));
  }

  @Override
  public NetworkOutput embed(NamedTensors state, Tensor input, Pass pass) {
    return fitting(input, network.embed(state, input, pass));
  }
}
