package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;

/**
 * What the repeats that are finished came to, so that an evaluation that was killed goes on with
 * those that are missing.
 *
 * <p>An accuracy is found again only under the same key, which stands for all that it depends on.
 * Not safe for use by several threads.
 */
final class EvaluationJournal {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Map<String, Outcome> outcomes = new LinkedHashMap<>();

  /**
   * What a repeat came to.
   *
   * @param accuracy from 0 to 1
   * @param seconds wall time of its training and measuring
   */
  record Outcome(double accuracy, double seconds) {}

  /** The journal in {@code file}; what cannot be read is measured again. */
  EvaluationJournal(Path file) {
    this.file = file;
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
    return Optional.ofNullable(outcomes.get(key));
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

  /** Ends the journal: the evaluation is finished. */
  void delete() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new RunFailedException("cannot delete " + file + ": " + e.getMessage(), e);
    }
  }
}
