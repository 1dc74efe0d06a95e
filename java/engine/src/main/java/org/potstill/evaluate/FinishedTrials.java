package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.potstill.run.AtomicFiles;

/**
 * What trainings came to, in a file: by what they ran on, then by the key that stands for all else
 * that an accuracy depends on. They save work and hold no result: of a damaged file nothing is
 * found.
 *
 * <p>Not safe for use by several threads.
 */
final class FinishedTrials {

  /** Where a run keeps those of its finished evaluations. */
  static final String FILE = "trials.json";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  private final Path file;
  private final Map<String, Map<String, Outcome>> all;
  private final Map<String, Outcome> here;

  /**
   * What a repeat came to.
   *
   * @param accuracy from 0 to 1
   * @param seconds wall time of its training and measuring
   */
  record Outcome(double accuracy, double seconds) {

    /** Refuses what no training comes to. */
    Outcome {
      if (!(accuracy >= 0 && accuracy <= 1 && seconds >= 0)) {
        throw new IllegalArgumentException(accuracy + " in " + seconds + " s");
      }
    }
  }

  /**
   * Those in {@code file}, which need not be there.
   *
   * @param machine what is computed on, as far as the bits of a result depend on it; those of
   *     others are not found, and kept
   */
  FinishedTrials(Path file, String machine) {
    this.file = file;
    all = read(file);
    here = all.computeIfAbsent(machine, name -> new LinkedHashMap<>());
  }

  private static Map<String, Map<String, Outcome>> read(Path file) {
    Map<String, Map<String, Outcome>> read = null;
    if (Files.exists(file)) {
      try {
        read =
            JSON.readValue(
                file.toFile(), new TypeReference<Map<String, Map<String, Outcome>>>() {});
      } catch (IOException e) {
        read = null;
      }
    }
    Map<String, Map<String, Outcome>> sound = new LinkedHashMap<>();
    if (read != null) {
      read.forEach(
          (machine, trials) -> {
            if (trials != null) {
              trials.values().removeIf(Objects::isNull);
              sound.put(machine, trials);
            }
          });
    }
    return sound;
  }

  /** What a training on this machine came to. */
  Optional<Outcome> find(String key) {
    return Optional.ofNullable(here.get(key));
  }

  /** Takes note of all that {@code others} has, of every machine; not in the file yet. */
  void merge(FinishedTrials others) {
    others.all.forEach(
        (machine, trials) ->
            all.computeIfAbsent(machine, name -> new LinkedHashMap<>()).putAll(trials));
  }

  /** Takes note of more of this machine, and writes all to the file. */
  void add(Map<String, Outcome> outcomes) {
    here.putAll(outcomes);
    try {
      AtomicFiles.writeString(
          file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
