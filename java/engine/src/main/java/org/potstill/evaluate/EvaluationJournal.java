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
import org.potstill.config.Config;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.RunContext;

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
  private final Path from;
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
   * @param from the directory of that one; null where there is none
   */
  EvaluationJournal(Path file, FinishedTrials own, FinishedTrials lent, Path from) {
    this.file = file;
    this.own = own;
    this.lent = lent;
    this.from = from;
    if (Files.exists(file)) {
      try {
        outcomes.putAll(
            JSON.readValue(file.toFile(), new TypeReference<Map<String, Outcome>>() {}));
      } catch (IOException e) {
        outcomes.clear();
      }
    }
  }

  /**
   * The journal of an evaluation.
   *
   * @param noted name of the journal; what is finished is shared by all of a run
   */
  static EvaluationJournal open(String noted, Config config, RunContext context) {
    String machine = FinishedTrials.machine(config, context);
    Path from = config.evaluate().from();
    return new EvaluationJournal(
        context.directory().journal(noted),
        FinishedTrials.in(context.directory().root(), machine),
        from == null ? FinishedTrials.none() : FinishedTrials.in(from, machine),
        from);
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

  /** Says what another run was good for: nothing is not what was meant by naming it. */
  void tellBorrowed(RunContext context) {
    if (from == null) {
      return;
    }
    if (!borrowed.isEmpty()) {
      context
          .listener()
          .note(EvaluateStage.NAME, borrowed.size() + " trainings are those of " + from);
    } else if (!foundOwn) {
      context
          .listener()
          .warning(
              EvaluateStage.NAME,
              "evaluate.from: "
                  + from
                  + " has no training that this run needs: data, seed, settings of the section"
                  + " evaluate, distilling network, images per class or threads differ");
    }
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
