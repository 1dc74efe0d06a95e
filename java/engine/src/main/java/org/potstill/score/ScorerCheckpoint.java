package org.potstill.score;

import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.run.Checkpoints;
import org.potstill.tensor.NamedTensors;
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
      NamedTensors velocity) {}

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

  /** The newest checkpoint of this training; empty where there is none. */
  Optional<Position> restore() {
    Optional<Checkpoints.Checkpoint> latest = checkpoints.latest();
    if (latest.isEmpty()) {
      return Optional.empty();
    }
    Safetensors file = Safetensors.open(latest.get().file());
    Map<String, String> metadata = file.metadata();
    if (!hash.equals(metadata.get(HASH))) {
      checkpoints.clear();
      return Optional.empty();
    }
    NamedTensors state = new NamedTensors();
    NamedTensors velocity = new NamedTensors();
    try (NamedTensors all = file.readAll();
        PointerScope scope = new PointerScope()) {
      for (String name : all.names()) {
        if (name.startsWith(STATE)) {
          state.put(name.substring(STATE.length()), new Tensor(all.get(name)));
        } else if (name.startsWith(VELOCITY)) {
          velocity.put(name.substring(VELOCITY.length()), new Tensor(all.get(name)));
        }
      }
      return Optional.of(
          new Position(
              Integer.parseInt(metadata.get(FOLD)),
              Long.parseLong(metadata.get(STEP)),
              Double.parseDouble(metadata.get(EPOCH_LOSS)),
              Tensors.toFloats(all.get(LOSSES)),
              state,
              velocity));
    }
  }

  /** Deletes all checkpoints: the scoring is finished. */
  void clear() {
    checkpoints.clear();
  }
}
