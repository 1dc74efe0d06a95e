package org.potstill.distill;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.net.Network;
import org.potstill.net.StateEntry;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/**
 * The network that is trained on the synthetic images, from an expert's parameters on: its states,
 * and what it draws for a step. {@link StudentSteps} takes the steps.
 */
final class Student implements AutoCloseable {

  private static final String BATCH = "distill.trajectory.batch-synthetic";

  private final Network network;
  private final SiameseAugmentation augmentation;
  private final StudentBatches batches;
  private final int perClass;
  private final long seed;
  private final List<String> names;
  private final NamedTensors initial;
  private CancellationToken cancellation = new CancellationToken();

  private final RowParts plainParts = new RowParts(DistillStage.NAME, BATCH);
  private final RowParts twiceParts = new RowParts(DistillStage.NAME, BATCH);

  /**
   * A student.
   *
   * @param perClass synthetic images per class
   */
  Student(
      Network network,
      SiameseAugmentation augmentation,
      StudentBatches batches,
      int perClass,
      long seed) {
    this.network = network.twiceDifferentiable();
    this.augmentation = augmentation;
    this.batches = batches;
    this.perClass = perClass;
    this.seed = seed;
    this.names = network.parameterNames();
    // For its buffers only, which batch norm wants to see and training does not read.
    this.initial = network.initialise(RandomStream.of(seed, Purpose.NETWORK_INITIALISATION, 0, 0));
  }

  /** Hands over the run's wish to stop, which every step asks. */
  void heed(CancellationToken token) {
    cancellation = token;
  }

  /** Names of the parameters, in order. */
  List<String> names() {
    return names;
  }

  /**
   * A state with copies of {@code parameters} that gradients are taken of; the caller closes it.
   */
  NamedTensors copy(NamedTensors parameters) {
    NamedTensors state = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      for (String name : names) {
        state.put(name, parameters.get(name).detach().clone().requires_grad_(true));
      }
      addBuffers(state);
    }
    return state;
  }

  private void addBuffers(NamedTensors state) {
    try (PointerScope scope = new PointerScope()) {
      for (StateEntry entry : network.state()) {
        if (entry.kind() != StateEntry.Kind.PARAMETER) {
          Tensor buffer = new Tensor(initial.get(entry.name()));
          state.put(entry.name(), Tensors.follow(buffer, state.get(names.get(0))));
        }
      }
    }
  }

  /** The parameters of a state, in order. */
  List<Tensor> parameters(NamedTensors state) {
    return names.stream().map(state::get).toList();
  }

  /**
   * Rows of the images that a step sees. Every step begins with them, and none begins where the run
   * is to stop.
   */
  int[] rows(long iteration, int step) {
    cancellation.throwIfCancelled();
    return batches.rows(iteration, step);
  }

  /** The images of {@link #rows}, augmented as that step draws; differentiable. */
  Tensor augmented(Tensor batch, long iteration, int step) {
    RandomStream random = RandomStream.of(seed, Purpose.DISTILL_AUGMENTATION, iteration, step);
    return augmentation.augmented(batch, random);
  }

  /** The labels of {@link #rows}, (N) int64, where {@code like} lies. */
  Tensor labels(Tensor like, long iteration, int step) {
    int[] labels = Arrays.stream(rows(iteration, step)).map(row -> row / perClass).toArray();
    return Tensors.indices(like, labels);
  }

  /** The network that it is. */
  Network network() {
    return network;
  }

  /** How much of a batch fits the memory where it is differentiated once. */
  RowParts plainParts() {
    return plainParts;
  }

  /** How much fits where it is differentiated twice. */
  RowParts twiceParts() {
    return twiceParts;
  }

  @Override
  public void close() {
    initial.close();
  }
}
