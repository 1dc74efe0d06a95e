package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;

/**
 * The accuracies of repeats that are finished, so that an evaluation that was killed goes on at the
 * repeat where it stopped.
 *
 * <p>An accuracy is found again only under the same key, which stands for all that it depends on.
 */
final class EvaluationJournal {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Map<String, Double> accuracies = new LinkedHashMap<>();

  /** The journal in {@code file}; what cannot be read is measured again. */
  EvaluationJournal(Path file) {
    this.file = file;
    if (Files.exists(file)) {
      try {
        accuracies.putAll(
            JSON.readValue(file.toFile(), new TypeReference<Map<String, Double>>() {}));
      } catch (IOException e) {
        accuracies.clear();
      }
    }
  }

  OptionalDouble find(String key) {
    Double accuracy = accuracies.get(key);
    return accuracy == null ? OptionalDouble.empty() : OptionalDouble.of(accuracy);
  }

  void put(String key, double accuracy) {
    accuracies.put(key, accuracy);
    try {
      AtomicFiles.writeString(
          file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(accuracies));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Number of accuracies kept. */
  int size() {
    return accuracies.size();
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
