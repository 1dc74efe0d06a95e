package org.potstill.score;

import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.run.Checkpoints;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

/** The state of a scorer's training on disk, so that a run that was killed goes on. */
final class ScorerCheckpoint {

  private static final String STATE = "state.";
  private static final String VELOCITY = "velocity.";
  private static final String LOSSES = "losses";
  private static final String HASH = "settings";
  private static final String FOLD = "fold";
  private static final String STEP = "step";
  private static final String EPOCH_LOSS = "epoch_loss";

  private final Checkpoints checkpoints;
  private final String hash;

  /**
   * The checkpoints of a stage.
   *
   * @param hash stands for all that the training depends on; checkpoints of another are not taken
   */
  ScorerCheckpoint(Checkpoints checkpoints, String hash) {
    this.checkpoints = checkpoints;
    this.hash = hash;
  }

  /**
   * Where a training stands.
   *
   * @param fold that is being trained
   * @param step steps of it that are done
   * @param epochLoss sum of losses over the images of the epoch that is under way
   * @param losses of the images of earlier folds, NaN for the others
   * @param state parameters and buffers; whoever restores closes it
   * @param velocity of the optimiser; whoever restores closes it
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
  record Position(
      int fold,
      long step,
      double epochLoss,
      float[] losses,
      NamedTensors state,
      NamedTensors velocity) {

    /** With the state at a place; takes it over. */
    Position on(Placement placement) {
      return new Position(fold, step, epochLoss, losses, placement.place(state), velocity);
    }
  }

  /**
   * Writes a checkpoint.
   *
   * @param number grows from checkpoint to checkpoint
   * @throws org.potstill.errors.RunFailedException where the disk is full
   */
  void save(long number, Position position) {
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = new NamedTensors()) {
      tensors.put(LOSSES, Tensors.of(position.losses(), position.losses().length));
      copyNames(position.state(), STATE, tensors);
      copyNames(position.velocity(), VELOCITY, tensors);
      Map<String, String> metadata =
          Map.of(
              HASH, hash,
              FOLD, Integer.toString(position.fold()),
              STEP, Long.toString(position.step()),
              EPOCH_LOSS, Double.toString(position.epochLoss()));
      checkpoints.save(number, part -> Safetensors.write(part, tensors, metadata));
    }
  }

  private static void copyNames(NamedTensors from, String prefix, NamedTensors to) {
    from.names().forEach(name -> to.put(prefix + name, new Tensor(from.get(name))));
  }

  /**
   * The newest checkpoint of this training that can be read; empty where there is none. Those of
   * another training are deleted: they would count as newer than what follows.
   *
   * @param warn hears of a damaged one that was passed over
   * @throws InputException where none can be read
   */
  Optional<Position> restore(Consumer<String> warn) {
    Optional<Optional<Position>> found = checkpoints.restore(this::read, warn);
    if (found.isPresent() && found.get().isEmpty()) {
      checkpoints.clear();
    }
    return found.flatMap(position -> position);
  }

  /** Empty where it is of another training. */
  private Optional<Position> read(Checkpoints.Checkpoint checkpoint) {
    Safetensors file = Safetensors.open(checkpoint.file());
    Map<String, String> metadata = file.metadata();
    if (!hash.equals(metadata.get(HASH))) {
      return Optional.empty();
    }
    try (NamedTensors all = file.readAll();
        PointerScope scope = new PointerScope()) {
      float[] losses = Tensors.toFloats(all.get(LOSSES));
      int fold = Integer.parseInt(metadata.get(FOLD));
      long step = Long.parseLong(metadata.get(STEP));
      double epochLoss = Double.parseDouble(metadata.get(EPOCH_LOSS));
      return Optional.of(
          new Position(fold, step, epochLoss, losses, part(all, STATE), part(all, VELOCITY)));
    }
  }

  private static NamedTensors part(NamedTensors all, String prefix) {
    NamedTensors part = new NamedTensors();
    for (String name : all.names()) {
      if (name.startsWith(prefix)) {
        part.put(name.substring(prefix.length()), new Tensor(all.get(name)));
      }
    }
    return part;
  }
}
