package org.potstill.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.potstill.config.Config;
import org.potstill.errors.FileErrors;
import org.potstill.errors.RunFailedException;
import org.potstill.evaluate.FinishedTrials.Outcome;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.Placement;
import org.potstill.tensor.TotalMemory;

/**
 * What the trainings of an evaluation came to, so that one that was killed goes on with those that
 * are missing, and one that has more to measure with those that are new.
 *
 * <p>An accuracy is found again only under the same key, which stands for all that it depends on,
 * and on the same kind of machine. Not safe for use by several threads.
 */
final class EvaluationJournal {

  private static final int GIGABYTE_BITS = 30;

  private final Path file;
  private final FinishedTrials underWay;
  private final FinishedTrials earlier;
  private final FinishedTrials lent;
  private final Path from;
  private final boolean anew;
  private final Map<String, Outcome> borrowed = new HashMap<>();
  private boolean foundOwn;

  private EvaluationJournal(
      Path file, RunDirectory directory, Path from, String machine, boolean anew) {
    this.file = file;
    this.from = from;
    this.anew = anew;
    underWay = new FinishedTrials(file, machine);
    earlier = new FinishedTrials(directory.resolve(FinishedTrials.FILE), machine);
    lent = from == null ? null : new FinishedTrials(from.resolve(FinishedTrials.FILE), machine);
  }

  /**
   * The journal of an evaluation.
   *
   * @param noted name of the journal; what is finished is shared by all of a run
   * @param software versions that the bits of a result depend on
   * @param anew whether finished trainings are done again; those of the journal are not
   */
  static EvaluationJournal open(
      String noted, Config config, RunContext context, String software, boolean anew) {
    EvaluationJournal journal =
        new EvaluationJournal(
            context.directory().journal(noted),
            context.directory(),
            config.evaluate().from(),
            machine(config, context, software),
            anew);
    journal.warnOfDamage(context);
    return journal;
  }

  private void warnOfDamage(RunContext context) {
    Stream.of(underWay, earlier, lent)
        .filter(Objects::nonNull)
        .map(FinishedTrials::damage)
        .filter(damage -> !damage.isEmpty())
        .forEach(
            damage ->
                context
                    .listener()
                    .warning(EvaluateStage.NAME, damage + "; the trainings are done again"));
  }

  /**
   * What the bits of an accuracy depend on besides its key: the software, the device, and the
   * threads of a training, which follow from those of the run, the repeats, and the size of the
   * memory ({@link TrialRoom}).
   */
  private static String machine(Config config, RunContext context, String software) {
    Placement placement = Placement.of(context.device());
    String device = Determinism.identity(config.run().deterministic(), placement);
    int atOnce = Math.min(context.threads(), config.evaluate().repeats());
    return String.format(
        Locale.ROOT,
        "%s, %d threads, %d each, %d GB; %s",
        device.isEmpty() ? placement.kind() : device,
        context.threads(),
        context.threads() / atOnce,
        TotalMemory.bytes(Placement.CPU) >> GIGABYTE_BITS,
        software);
  }

  /** What a training came to, be it in an earlier process, evaluation or run. */
  Optional<Outcome> find(String key) {
    Optional<Outcome> now = underWay.find(key);
    if (now.isPresent() || anew) {
      return now;
    }
    Optional<Outcome> before = earlier.find(key);
    if (before.isPresent() || lent == null) {
      foundOwn |= before.isPresent();
      return before;
    }
    Optional<Outcome> others = lent.find(key);
    others.ifPresent(outcome -> borrowed.put(key, outcome));
    return others;
  }

  /** A training has ended. */
  void put(String key, Outcome outcome) {
    underWay.add(Map.of(key, outcome));
  }

  /** Says what another run was good for: nothing is not what was meant by naming it. */
  void tellBorrowed(RunContext context) {
    if (from == null || anew) {
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
                  + (Files.exists(from.resolve(FinishedTrials.FILE))
                      ? " has no training that this run needs: data, seed, settings of the section"
                          + " evaluate, networks, images per class, threads or versions differ"
                      : " has no finished evaluation any more")
                  + "; all were done here");
    }
  }

  /** Ends the journal: the evaluation is finished, and its trainings are kept with the run's. */
  void finish() {
    earlier.merge(underWay);
    earlier.add(borrowed);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new RunFailedException("cannot delete " + file + ": " + FileErrors.reason(file, e), e);
    }
  }
}
