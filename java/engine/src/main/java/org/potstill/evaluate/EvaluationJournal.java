package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;

/**
 * What the trainings of an evaluation came to, so that one that was killed goes on with those that
 * are missing, and one that has more to measure with those that are new.
 *
 * <p>An accuracy is found again only under the same key, which stands for all that it depends on.
 * Not safe for use by several threads.
 */
final class EvaluationJournal {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final FinishedTrials own;
  private final FinishedTrials lent;
  private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
  private final Map<String, Outcome> borrowed = new HashMap<>();
  private boolean foundOwn;

  /**
   * What a repeat came to.
   *
   * @param accuracy from 0 to 1
   * @param seconds wall time of its training and measuring
   */
  record Outcome(double accuracy, double seconds) {}

  /**
   * The journal in {@code file}; what cannot be read is measured again.
   *
   * @param own of earlier evaluations of this run
   * @param lent of another run
   */
  EvaluationJournal(Path file, FinishedTrials own, FinishedTrials lent) {
    this.file = file;
    this.own = own;
    this.lent = lent;
    if (Files.exists(file)) {
      try {
        outcomes.putAll(
            JSON.readValue(file.toFile(), new TypeReference<Map<String, Outcome>>() {}));
      } catch (IOException e) {
        outcomes.clear();
      }
    }
  }

  Optional<Outcome> find(String key) {
    if (outcomes.containsKey(key)) {
      return Optional.of(outcomes.get(key));
    }
    Optional<Outcome> earlier = own.find(key);
    if (earlier.isPresent()) {
      foundOwn = true;
      return earlier;
    }
    Optional<Outcome> others = lent.find(key);
    others.ifPresent(outcome -> borrowed.put(key, outcome));
    return others;
  }

  void put(String key, Outcome outcome) {
    outcomes.put(key, outcome);
    try {
      AtomicFiles.writeString(
          file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(outcomes));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many of those found are of the other run. */
  int borrowed() {
    return borrowed.size();
  }

  /** Whether all was measured anew, though there were others to take from. */
  boolean foundNothing() {
    return borrowed.isEmpty() && !foundOwn;
  }

  /**
   * Ends the journal: the evaluation is finished.
   *
   * @param root run directory, whose finished trials those of the journal become
   */
  void finish(Path root) {
    own.add(borrowed);
    own.add(outcomes);
    own.write(root);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new RunFailedException("cannot delete " + file + ": " + e.getMessage(), e);
    }
  }
}
