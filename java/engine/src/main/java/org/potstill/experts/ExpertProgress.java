package org.potstill.experts;

import java.util.Optional;
import java.util.SortedSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.distill.ExpertFile;
import org.potstill.net.Network;
import org.potstill.net.Sgd;
import org.potstill.net.TrainedState;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * An expert in training: its network, its optimiser and the snapshots taken so far. Owns them, and
 * goes into a checkpoint as a whole.
 */
final class ExpertProgress implements AutoCloseable {

  private static final String STATE = "state/";
  private static final String VELOCITY = "velocity/";
  private static final String SNAPSHOT = "snapshot/";

  private final SortedSet<Integer> stored;
  private final torch.ScalarType precision;
  private final TrainedState state;
  private final Sgd sgd;
  private final NamedTensors snapshots = new NamedTensors();

  /**
   * An expert at its beginning.
   *
   * @param fresh its initial state, taken over
   * @param stored epochs whose parameters are kept
   * @param precision {@code f32} or {@code bf16}
   */
  ExpertProgress(
      Network network,
      NamedTensors fresh,
      double momentum,
      SortedSet<Integer> stored,
      String precision) {
    this.stored = stored;
    this.precision = precision.equals("bf16") ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    this.state = new TrainedState(network);
    this.state.replace(fresh);
    this.sgd = new Sgd(momentum, 0);
    snap(0);
  }

  /** The network. */
  TrainedState state() {
    return state;
  }

  /** The optimiser. */
  Sgd sgd() {
    return sgd;
  }

  /** Parameters after the stored epochs so far, named as in the file; owned by this object. */
  NamedTensors snapshots() {
    return snapshots;
  }

  /** Keeps the parameters after {@code epoch} epochs, where they can be drawn. */
  void snap(int epoch) {
    if (!stored.contains(epoch)) {
      return;
    }
    try (PointerScope scope = new PointerScope()) {
      for (String name : state.parameterNames()) {
        Tensor copy = state.tensors().get(name).detach().clone().to(precision).cpu();
        snapshots.put(ExpertFile.tensorName(epoch, name), copy);
      }
    }
  }

  /** All that is needed to go on; shares the memory of this object, the caller closes it. */
  NamedTensors save() {
    NamedTensors all = new NamedTensors();
    put(all, STATE, state.tensors());
    put(all, VELOCITY, sgd.velocity());
    put(all, SNAPSHOT, snapshots);
    return all;
  }

  private static void put(NamedTensors all, String prefix, NamedTensors some) {
    some.names().forEach(name -> all.put(prefix + name, some.get(name)));
  }

  /** The first epoch to be stored, of those done, that {@link #save} has not given. */
  Optional<Integer> missing(NamedTensors all, int epochsDone) {
    String parameter = state.parameterNames().get(0);
    return stored.headSet(epochsDone + 1).stream()
        .filter(epoch -> !all.contains(SNAPSHOT + ExpertFile.tensorName(epoch, parameter)))
        .findFirst();
  }

  /** Takes up what {@link #save} gave. */
  void restore(NamedTensors all) {
    try (PointerScope scope = new PointerScope();
        NamedTensors fresh = new NamedTensors();
        NamedTensors velocity = new NamedTensors()) {
      for (String name : all.names()) {
        Tensor copy = all.get(name).clone();
        if (name.startsWith(STATE)) {
          String own = name.substring(STATE.length());
          fresh.put(own, Tensors.follow(copy, state.tensors().get(own)));
        } else if (name.startsWith(VELOCITY)) {
          velocity.put(name.substring(VELOCITY.length()), copy);
        } else {
          snapshots.put(name.substring(SNAPSHOT.length()), copy);
        }
      }
      sgd.restore(velocity);
      state.replace(fresh.map(Tensor::new));
    }
  }

  @Override
  public void close() {
    state.close();
    sgd.close();
    snapshots.close();
  }
}
