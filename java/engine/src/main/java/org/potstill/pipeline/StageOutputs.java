package org.potstill.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/** Whether the files of finished stages are still those that were left. */
final class StageOutputs {

  private final List<Stage> stages;
  private final RunDirectory directory;

  StageOutputs(List<Stage> stages, RunDirectory directory) {
    this.stages = stages;
    this.directory = directory;
  }

  /**
   * Checks the files that {@code stage} wrote, which are there, against their SHA-256.
   *
   * @throws InputException where one is neither as it nor as a later stage left it
   */
  void requireUndamaged(Stage stage, StageLog.Entry entry) {
    for (Map.Entry<String, String> output : entry.outputs().entrySet()) {
      Path file = directory.resolve(output.getKey());
      String hash = Fingerprint.ofFile(file);
      if (!hash.equals(output.getValue()) && !isVersion(stage, output.getKey(), hash)) {
        throw new InputException(
            file
                + " is not as stage "
                + stage.name()
                + " left it: it is damaged or another file; put it back, or "
                + anew(stage));
      }
    }
  }

  /** The first file that {@code stage} wrote, a later one reads, and is not as it was left. */
  Optional<Path> damaged(Stage stage, StageLog.Entry entry) {
    List<Stage> later = stages.subList(stages.indexOf(stage) + 1, stages.size());
    return entry.outputs().entrySet().stream()
        .filter(output -> later.stream().anyMatch(next -> next.inputs().contains(output.getKey())))
        .filter(
            output ->
                !Fingerprint.ofFile(directory.resolve(output.getKey())).equals(output.getValue()))
        .map(output -> directory.resolve(output.getKey()))
        .findFirst();
  }

  private String anew(Stage stage) {
    return stage.restorable().getAsBoolean()
        ? "delete it, and --resume makes it anew from the last checkpoint"
        : "make it anew from the start of the stage by engine.jar "
            + stage.name()
            + " CONFIG --overwrite";
  }

  /** Whether a later stage may have put what has {@code hash} in the place of {@code output}. */
  private boolean isVersion(Stage stage, String output, String hash) {
    for (Stage later : stages.subList(stages.indexOf(stage) + 1, stages.size())) {
      Optional<StageLog.Entry> entry = directory.stages().entry(later.name());
      if (later.outputs().contains(output) && entry.isPresent()) {
        // Earlier versions of Potstill did not note what it left.
        String left = entry.get().outputs().get(output);
        return left == null || left.equals(hash);
      }
    }
    // It may have been stopped since, or forgotten.
    return !stage.versions().isEmpty()
        && files(directory.resolve(stage.versions())).stream()
            .anyMatch(version -> Fingerprint.ofFile(version).equals(hash));
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot list " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }
}
