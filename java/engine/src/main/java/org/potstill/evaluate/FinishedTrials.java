package org.potstill.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.potstill.config.Config;
import org.potstill.evaluate.EvaluationJournal.Outcome;
import org.potstill.run.AtomicFiles;
import org.potstill.run.RunContext;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.Placement;

/**
 * What the trainings of finished evaluations came to, {@code trials.json}: by what they ran on,
 * then by the key that stands for all else that an accuracy depends on. Where more is asked for
 * later (a network, a repeat, other images), or by another run, the rest is not trained again.
 */
final class FinishedTrials {

  /** Where a run keeps them. */
  static final String FILE = "trials.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Map<String, Outcome>> all;
  private final Map<String, Outcome> here;

  private FinishedTrials(Map<String, Map<String, Outcome>> all, String machine) {
    this.all = all;
    here = all.computeIfAbsent(machine, name -> new LinkedHashMap<>());
  }

  /**
   * What the bits of an accuracy depend on besides its key, in words: the device, and the threads
   * of a training, which follow from those of the run and the repeats ({@link TrialRoom}).
   */
  static String machine(Config config, RunContext context) {
    Placement placement = Placement.of(context.device());
    String device = Determinism.identity(config.run().deterministic(), placement);
    int atOnce = Math.min(context.threads(), config.evaluate().repeats());
    return String.format(
        Locale.ROOT,
        "%s, %d threads, %d each",
        device.isEmpty() ? placement.kind() : device,
        context.threads(),
        context.threads() / atOnce);
  }

  /** None. */
  static FinishedTrials none() {
    return new FinishedTrials(new LinkedHashMap<>(), "");
  }

  /**
   * Those of a run directory.
   *
   * @param machine what is computed on, as far as the bits of a result depend on it; those of
   *     others are not found
   */
  static FinishedTrials in(Path root, String machine) {
    Map<String, Map<String, Outcome>> all = new LinkedHashMap<>();
    Path file = root.resolve(FILE);
    if (Files.exists(file)) {
      try {
        all.putAll(JSON.readValue(file.toFile(), new TypeReference<>() {}));
      } catch (IOException e) {
        // They save work and hold no result: what cannot be read is measured again.
        all.clear();
      }
    }
    return new FinishedTrials(all, machine);
  }

  Optional<Outcome> find(String key) {
    return Optional.ofNullable(here.get(key));
  }

  /** Takes note of more. */
  void add(Map<String, Outcome> outcomes) {
    here.putAll(outcomes);
  }

  /** Writes all, those of other machines among them. */
  void write(Path root) {
    try {
      AtomicFiles.writeString(
          root.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
