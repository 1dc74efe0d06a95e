package org.potstill.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.potstill.data.Dataset;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.Fingerprint;
import org.potstill.run.JsonErrors;
import org.potstill.run.OtherRun;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

/** Takes the scores of another run of the same data set ({@code score.from}). */
final class BorrowedScores {

  private static final ObjectMapper JSON = new ObjectMapper();

  private BorrowedScores() {}

  /**
   * Copies scores, the list of images left out, and the gallery.
   *
   * @param from run directory
   * @throws InputException where it has no finished scoring, or one of another data set, or is
   *     scored anew meanwhile
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop
   */
  static Scores take(Path from, Dataset data, RunContext context) {
    RunDirectory into = context.directory();
    String checked = requireSameData(from, data);
    Scores scores = Scores.read(from.resolve(Scores.FILE));
    copy(from, LeftOut.FILE, into);
    Path index = from.resolve(Gallery.FOLDER).resolve(Gallery.INDEX);
    if (Files.exists(index)) {
      JsonNode pictures = tree(index);
      int copied = 0;
      for (JsonNode picture : pictures) {
        context.cancellation().throwIfCancelled();
        copy(from, Gallery.FOLDER + "/" + picture.path("file").asText(), into);
        context
            .listener()
            .progress(ScoreStage.NAME, Gallery.WRITING, ++copied, pictures.size(), "pictures");
      }
      copy(from, Gallery.FOLDER + "/" + Gallery.INDEX, into);
    }
    // All of it was of one scoring if its record has not changed since.
    if (!checked.equals(requireSameData(from, data))) {
      throw scoredAnew(from);
    }
    copy(from, Scores.FILE, into);
    Path own = into.resolve(Scores.FILE);
    if (!Files.exists(own) || !checked.equals(Fingerprint.ofFile(own))) {
      into.clear(Scores.FILE);
      throw scoredAnew(from);
    }
    return scores;
  }

  private static InputException scoredAnew(Path from) {
    return new InputException(
        "score.from: the run "
            + from
            + " is being scored anew; wait until that is done and try again");
  }

  /**
   * Checks that scores can be had.
   *
   * @return the SHA-256 of their file
   * @throws InputException where {@code from} is no run of the same images that finished scoring
   */
  static String requireSameData(Path from, Dataset data) {
    OtherRun other = new OtherRun("score.from", from);
    StageLog.Entry scored =
        other
            .finished(ScoreStage.NAME)
            .orElseThrow(
                () ->
                    new InputException(
                        "score.from: the run "
                            + from
                            + " has not finished scoring; finish it with --resume"));
    Path scores = other.require(Scores.FILE, "score it anew");
    String written = scored.outputs().get(Scores.FILE);
    String found = Fingerprint.ofFile(scores);
    if (written != null && !written.equals(found)) {
      throw new InputException(
          "score.from: "
              + scores
              + " is not as its run left it: it is damaged or another file; put it back, or score"
              + " anew");
    }
    if (!TrainingIdentity.isOf(data, scored.dataSet())) {
      throw new InputException(
          "score.from: the run "
              + from
              + " scored another data set (its images, classes, resolution, shares held back or"
              + " seed differ); give both runs the same section data and the same run.seed, or"
              + " score anew");
    }
    return found;
  }

  private static JsonNode tree(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + JsonErrors.reason(e), e);
    }
  }

  private static void copy(Path from, String name, RunDirectory into) {
    Path source = from.resolve(name);
    if (Files.exists(source)) {
      AtomicFiles.write(into.resolve(name), part -> copy(source, part, from));
    }
  }

  private static void copy(Path source, Path part, Path from) throws IOException {
    try {
      Files.copy(source, part);
    } catch (NoSuchFileException e) {
      if (Files.exists(source)) {
        throw e;
      }
      throw scoredAnew(from);
    }
  }
}
