package org.potstill.distill;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.augment.AugmentDraw;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.net.Network;
import org.potstill.net.NetworkOutput;
import org.potstill.net.Pass;
import org.potstill.net.StateEntry;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** The network that is trained on the synthetic images, from an expert's parameters on. */
final class Student implements AutoCloseable {

  private final Network network;
  private final SiameseAugmentation augmentation;
  private final StudentBatches batches;
  private final int perClass;
  private final long seed;
  private final List<String> names;
  private final NamedTensors initial;

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
    this.network = network;
    this.augmentation = augmentation;
    this.batches = batches;
    this.perClass = perClass;
    this.seed = seed;
    this.names =
        network.state().stream()
            .filter(entry -> entry.kind() == StateEntry.Kind.PARAMETER)
            .map(StateEntry::name)
            .toList();
    // For its buffers only, which batch norm wants to see and training does not read.
    this.initial = network.initialise(RandomStream.of(seed, Purpose.NETWORK_INITIALISATION, 0, 0));
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

  /** A state with {@code parameters}, which may have a history, in order; the caller closes it. */
  NamedTensors state(Tensor[] parameters) {
    NamedTensors state = new NamedTensors();
    for (int i = 0; i < parameters.length; i++) {
      state.put(names.get(i), parameters[i]);
    }
    addBuffers(state);
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
  Tensor[] parameters(NamedTensors state) {
    return names.stream().map(state::get).toArray(Tensor[]::new);
  }

  /** Rows of the images that a step sees. */
  int[] rows(long iteration, int step) {
    return batches.rows(iteration, step);
  }

  /**
   * Gradients of the class loss with respect to the parameters of {@code state}.
   *
   * @param batch the images of {@link #rows}
   */
  Tensor[] gradients(
      NamedTensors state, Tensor batch, long iteration, int step, boolean createGraph) {
    int[] labels = Arrays.stream(rows(iteration, step)).map(row -> row / perClass).toArray();
    RandomStream random = RandomStream.of(seed, Purpose.DISTILL_AUGMENTATION, iteration, step);
    AugmentDraw draw =
        augmentation.drawPerSample(random, labels.length, batch.size(2), batch.size(3));
    NetworkOutput output = network.logits(state, augmentation.apply(batch, draw), Pass.TRAIN);
    output.buffers().close();
    Tensor loss = ClassLoss.mean(output.value(), Tensors.indices(batch, labels));
    return Tensors.gradients(loss, null, parameters(state), createGraph);
  }

  @Override
  public void close() {
    initial.close();
  }
}
