package org.potstill.score;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.run.Checkpoints;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

/**
 * How far the scorer of one fold is, on disk, so that a run that was killed goes on: the training
 * while it is under way, then the losses alone.
 */
final class ScorerCheckpoint {

  private static final String STATE = "state.";
  private static final String VELOCITY = "velocity.";
  private static final String LOSSES = "losses";
  private static final String HASH = "settings";
  private static final String EPOCH_LOSS = "epoch_loss";

  private final Checkpoints training;
  private final Checkpoints losses;
  private final int fold;
  private final String hash;
  private final String earlierHash;

  /**
   * The checkpoints of a fold.
   *
   * @param hash stands for all that the training depends on; checkpoints of another are not taken
   * @param earlierHash what an earlier version of Potstill had for the same
   */
  ScorerCheckpoint(RunDirectory directory, int fold, String hash, String earlierHash) {
    String name = String.format(Locale.ROOT, "%s-%04d", ScoreStage.NAME, fold);
    training = directory.checkpoints(name);
    losses = directory.checkpoints(name + "-" + LOSSES);
    this.fold = fold;
    this.hash = hash;
    this.earlierHash = earlierHash;
  }

  /**
   * Where a training stands.
   *
   * @param step steps that are done
   * @param epochLoss sum of losses over the images of the epoch that is under way
   * @param state parameters and buffers; whoever restores closes it
   * @param velocity of the optimiser; whoever restores closes it
   */
  record Position(long step, double epochLoss, NamedTensors state, NamedTensors velocity) {

    /** With the state at a place; takes it over. */
    Position on(Placement placement) {
      return new Position(step, epochLoss, placement.place(state), velocity);
    }
  }

  /**
   * Writes a checkpoint of the training.
   *
   * @throws org.potstill.errors.RunFailedException where the disk is full
   */
  void save(Position position) {
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = new NamedTensors()) {
      copyNames(position.state(), STATE, tensors);
      copyNames(position.velocity(), VELOCITY, tensors);
      Map<String, String> metadata =
          Map.of(HASH, hash, EPOCH_LOSS, Double.toString(position.epochLoss()));
      training.save(position.step(), part -> Safetensors.write(part, tensors, metadata));
    }
  }

  private static void copyNames(NamedTensors from, String prefix, NamedTensors to) {
    from.names().forEach(name -> to.put(prefix + name, new Tensor(from.get(name))));
  }

  /**
   * Writes the losses of the fold's images and deletes the checkpoints of its training, which are a
   * hundred times as large.
   */
  void finish(float[] found) {
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = new NamedTensors()) {
      tensors.put(LOSSES, Tensors.of(found, found.length));
      losses.save(found.length, part -> Safetensors.write(part, tensors, Map.of(HASH, hash)));
    }
    training.clear();
  }

  /**
   * The losses of the fold's images where it is finished; empty where they are damaged, which costs
   * this fold alone.
   *
   * @param warn hears of a damaged file
   */
  Optional<float[]> finished(Consumer<String> warn) {
    Optional<float[]> found;
    try {
      found = newest(losses, this::readLosses, warn);
    } catch (InputException e) {
      warn.accept("the losses of fold " + (fold + 1) + " are damaged; its scorer is trained again");
      losses.clear();
      return Optional.empty();
    }
    if (found.isPresent()) {
      // Left over where the process was killed just after the losses were written.
      training.clear();
    }
    return found;
  }

  /**
   * The newest checkpoint of the training that can be read; empty where there is none.
   *
   * @param warn hears of a damaged one that was passed over
   * @throws InputException where none can be read
   */
  Optional<Position> restore(Consumer<String> warn) {
    return newest(training, this::readTraining, warn);
  }

  /** Those of another training are deleted: they would count as newer than what follows. */
  private <T> Optional<T> newest(
      Checkpoints checkpoints,
      Function<Checkpoints.Checkpoint, Optional<T>> read,
      Consumer<String> warn) {
    Optional<Optional<T>> found = checkpoints.restore(read, warn);
    if (found.isPresent() && found.get().isEmpty()) {
      warn.accept(
          "what was done of fold "
              + (fold + 1)
              + " is of other settings or another machine, and is done anew");
      checkpoints.clear();
    }
    return found.flatMap(content -> content);
  }

  /** Empty where it is of another training. */
  private Optional<Position> readTraining(Checkpoints.Checkpoint checkpoint) {
    Safetensors file = Safetensors.open(checkpoint.file());
    Map<String, String> metadata = file.metadata();
    if (!isTaken(metadata)) {
      return Optional.empty();
    }
    try (NamedTensors all = file.readAll();
        PointerScope scope = new PointerScope()) {
      double epochLoss = Double.parseDouble(metadata.get(EPOCH_LOSS));
      return Optional.of(
          new Position(checkpoint.step(), epochLoss, part(all, STATE), part(all, VELOCITY)));
    }
  }

  private boolean isTaken(Map<String, String> metadata) {
    String found = metadata.get(HASH);
    return hash.equals(found) || earlierHash.equals(found);
  }

  private Optional<float[]> readLosses(Checkpoints.Checkpoint checkpoint) {
    Safetensors file = Safetensors.open(checkpoint.file());
    if (!isTaken(file.metadata())) {
      return Optional.empty();
    }
    try (PointerScope scope = new PointerScope()) {
      return Optional.of(Tensors.toFloats(file.read(LOSSES)));
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
