package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;

/**
 * A network whose passes fail as on a GPU that holds no more than a few images at once, or whose
 * memory is full the first time: after they have taken memory, which must be given back before the
 * next pass.
 */
public final class SmallGpu implements Network {

  private final Network network;
  private final int most;
  private final boolean crowded;
  private final List<Tensor> failed = new ArrayList<>();

  /**
   * A network on such a GPU.
   *
   * @param most images of a pass
   */
  public SmallGpu(Network network, int most) {
    this(network, most, false);
  }

  private SmallGpu(Network network, int most, boolean crowded) {
    this.network = network;
    this.most = most;
    this.crowded = crowded;
  }

  /** A network whose first pass finds no memory beside LibTorch's allocator. */
  public static SmallGpu crowded(Network network) {
    return new SmallGpu(network, Integer.MAX_VALUE, true);
  }

  /** Whether a pass has failed. */
  public boolean wasFull() {
    return !failed.isEmpty();
  }

  /** The error as LibTorch words it. */
  private NetworkOutput fitting(Tensor input, NetworkOutput output) {
    assertTrue(failed.stream().allMatch(tensor -> tensor.isNull()), "a failed pass holds memory");
    boolean full = crowded && failed.isEmpty();
    if (full || input.size(0) > most) {
      failed.add(output.value());
      output.buffers().close();
      if (full) {
        throw new RuntimeException(
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`");
      }
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
