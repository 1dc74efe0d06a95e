package org.potstill.experts;

import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.potstill.errors.InputException;
import org.potstill.run.Checkpoints;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.Safetensors;

/** The checkpoints of one expert, counted in its epochs. */
final class ExpertCheckpoint {

  private static final String FINGERPRINT = "fingerprint";

  private final Checkpoints checkpoints;
  private final Fingerprint fingerprint;

  /** Checkpoints of an expert that {@code fingerprint} stands for. */
  ExpertCheckpoint(RunDirectory directory, int expert, Fingerprint fingerprint) {
    this.checkpoints =
        directory.checkpoints(String.format(Locale.ROOT, "%s-%04d", ExpertsStage.NAME, expert));
    this.fingerprint = fingerprint;
  }

  /** Whether there is one. */
  boolean any() {
    return checkpoints.any();
  }

  /** Writes the state after {@code epochs} epochs. */
  void save(ExpertProgress progress, int epochs) {
    try (NamedTensors all = progress.save()) {
      Map<String, String> metadata = Map.of(FINGERPRINT, fingerprint.hash());
      checkpoints.save(epochs, path -> Safetensors.write(path, all, metadata));
    }
  }

  /**
   * Takes up the newest that can be read.
   *
   * @param warn hears of a damaged one that was passed over
   * @return the epochs done; 0 where there is none
   * @throws InputException where none can be read, they are of other settings, or they lack an
   *     epoch that can be drawn
   */
  int restore(ExpertProgress progress, Consumer<String> warn) {
    return checkpoints.restore(found -> restore(found, progress), warn).orElse(0);
  }

  private int restore(Checkpoints.Checkpoint checkpoint, ExpertProgress progress) {
    Safetensors file = Safetensors.open(checkpoint.file());
    if (!fingerprint.hash().equals(file.metadata().get(FINGERPRINT))) {
      throw new InputException(
          checkpoint.file()
              + " is of an expert of other settings; undo the change or use --overwrite");
    }
    try (NamedTensors all = file.readAll()) {
      requireStored(checkpoint, all, progress);
      progress.restore(all);
    }
    return Math.toIntExact(checkpoint.step());
  }

  /** Which epochs are kept is not among what an expert is made of. */
  private static void requireStored(
      Checkpoints.Checkpoint checkpoint, NamedTensors all, ExpertProgress progress) {
    progress
        .missing(all, Math.toIntExact(checkpoint.step()))
        .ifPresent(
            epoch -> {
              throw new InputException(
                  checkpoint.file()
                      + " does not hold epoch "
                      + epoch
                      + ", from or to which segments lead now; undo the change of"
                      + " distill.trajectory or use --overwrite");
            });
  }

  /** Deletes them. */
  void clear() {
    checkpoints.clear();
  }
}
