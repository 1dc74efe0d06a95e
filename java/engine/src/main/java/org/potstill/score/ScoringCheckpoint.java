package org.potstill.score;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.errors.InputException;
import org.potstill.run.Checkpoints;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

/**
 * How far the scoring by pretrained weights came, on disk, so that a run that was killed goes on.
 */
final class ScoringCheckpoint {

  private static final String LOSSES = "losses";
  private static final String HASH = "settings";
  private static final String WEIGHTS = "weights";
  private static final String LEFT_OUT = "left-out/";

  private final Checkpoints checkpoints;
  private final String hash;
  private final String earlierHash;
  private final String weights;

  /**
   * The checkpoints of a stage.
   *
   * @param hash stands for all that a loss depends on; checkpoints of another are not taken
   * @param earlierHash what an earlier version of Potstill had for the same
   * @param weights SHA-256 of their file
   */
  ScoringCheckpoint(Checkpoints checkpoints, String hash, String earlierHash, String weights) {
    this.checkpoints = checkpoints;
    this.hash = hash;
    this.earlierHash = earlierHash;
    this.weights = weights;
  }

  /**
   * What was found of the first images of the data set.
   *
   * @param losses one per image, NaN for one that was left out
   * @param leftOut reasons by id
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
  record Position(float[] losses, Map<String, String> leftOut) {

    /** Nothing yet. */
    static Position start() {
      return new Position(new float[0], Map.of());
    }
  }

  /**
   * Writes a checkpoint.
   *
   * @throws org.potstill.errors.RunFailedException where the disk is full
   */
  void save(Position position) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(HASH, hash);
    metadata.put(WEIGHTS, weights);
    position.leftOut().forEach((id, reason) -> metadata.put(LEFT_OUT + id, reason));
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = new NamedTensors()) {
      tensors.put(LOSSES, Tensors.of(position.losses(), position.losses().length));
      checkpoints.save(
          position.losses().length, part -> Safetensors.write(part, tensors, metadata));
    }
  }

  /**
   * Where the newest checkpoint that can be read stands; the start where there is none of these
   * settings. Those of other settings are deleted: they would count as newer than what follows.
   *
   * @param warn hears of a damaged one that was passed over
   * @throws InputException where none can be read, or they are of other weights
   */
  Position restore(Consumer<String> warn) {
    Optional<Optional<Position>> found = checkpoints.restore(this::read, warn);
    if (found.isPresent() && found.get().isEmpty()) {
      warn.accept("what was scored is of other settings or another machine, and is scored anew");
      checkpoints.clear();
    }
    return found.flatMap(position -> position).orElseGet(Position::start);
  }

  /** Empty where it is of other settings. */
  private Optional<Position> read(Checkpoints.Checkpoint checkpoint) {
    Safetensors file = Safetensors.open(checkpoint.file());
    String found = file.metadata().get(HASH);
    if (!hash.equals(found) && !earlierHash.equals(found)) {
      requireSameWeights(file);
      return Optional.empty();
    }
    Map<String, String> leftOut = new LinkedHashMap<>();
    file.metadata()
        .forEach(
            (key, value) -> {
              if (key.startsWith(LEFT_OUT)) {
                leftOut.put(key.substring(LEFT_OUT.length()), value);
              }
            });
    try (PointerScope scope = new PointerScope()) {
      return Optional.of(new Position(Tensors.toFloats(file.read(LOSSES)), leftOut));
    }
  }

  /** A file is told by its content alone, since it may be moved while a run is stopped. */
  private void requireSameWeights(Safetensors file) {
    String before = file.metadata().getOrDefault(WEIGHTS, weights);
    if (!before.equals(weights)) {
      throw new InputException(
          "score.weights: the file that the scoring began with had the SHA-256 "
              + before
              + ", this one has "
              + weights
              + "; put it back, use --overwrite, or choose another --out");
    }
  }
}
