package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potstill.run.AtomicFiles;
import org.potstill.run.Fingerprint;
import org.potstill.run.JsonErrors;

/**
 * What trainings came to, in a file: by what they ran on, then by the key that stands for all else
 * that an accuracy depends on. They save work and hold no result: of a file that is damaged, as its
 * SHA-256 tells, nothing is found.
 *
 * <p>Not safe for use by several threads.
 */
final class FinishedTrials {

  /** Where a run keeps those of its finished evaluations. */
  static final String FILE = "trials.json";

  private static final String HASH = "sha256";
  private static final String TRIALS = "trials";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  private final Path file;
  private final Map<String, Map<String, Outcome>> all = new LinkedHashMap<>();
  private final Map<String, Outcome> here;
  private String damage = "";

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
    if (Files.exists(file)) {
      read();
    }
    here = all.computeIfAbsent(machine, name -> new LinkedHashMap<>());
  }

  /** Nothing, and why, where the file is damaged. */
  private void read() {
    try {
      JsonNode root = JSON.readTree(file.toFile());
      if (root.isObject() && !root.has(HASH)) {
        return; // Of an earlier version of Potstill, whose trainings are not taken.
      }
      JsonNode trials = root.path(TRIALS);
      if (!hash(trials).equals(root.path(HASH).asText())) {
        damage = file + " is damaged: the SHA-256 in it is not that of its trainings";
        return;
      }
      all.putAll(
          JSON.convertValue(trials, new TypeReference<Map<String, Map<String, Outcome>>>() {}));
    } catch (IOException | IllegalArgumentException e) {
      damage = file + " is damaged: " + JsonErrors.reason(e);
    }
  }

  /** Of the content, however it is set. */
  private static String hash(JsonNode trials) {
    return Fingerprint.of(Map.of(TRIALS, trials.toString())).hash();
  }

  /** What is wrong with the file; empty where nothing is. */
  String damage() {
    return damage;
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
    JsonNode trials = JSON.valueToTree(all);
    ObjectNode root = JSON.createObjectNode().put(HASH, hash(trials)).set(TRIALS, trials);
    try {
      AtomicFiles.writeString(
          file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
