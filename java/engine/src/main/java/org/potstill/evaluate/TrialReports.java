package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.potstill.evaluate.FinishedTrials.Outcome;
import org.potstill.run.RunContext;

/**
 * Journal, figures and progress of trials that run at once, one report at a time.
 *
 * <p>The journal takes an outcome as soon as it is there, so that nothing is lost. The lines of
 * {@code metrics.jsonl} are written in the order of the trials, whichever ended first; a resumed
 * evaluation writes those of the trials in the journal anew.
 */
final class TrialReports {

  private final RunContext context;
  private final EvaluationJournal journal;
  private final int repeats;
  private final int epochs;

  /** Epochs done by the trials under way. */
  private final SortedMap<Trial, Integer> underWay = new TreeMap<>(TrialReports::compare);

  /** Images that those among them have been tested on whose training has ended. */
  private final SortedMap<Trial, Integer> tested = new TreeMap<>(TrialReports::compare);

  /** Outcomes whose line waits for those of earlier trials, by number. */
  private final SortedMap<Long, Line> waiting = new TreeMap<>();

  private long written;
  private long epochsDone;
  private long trials;

  /** A line to write; none where the outcome is null. */
  private record Line(Trial trial, Outcome outcome, boolean fresh) {}

  /**
   * Reports of an evaluation.
   *
   * @param repeats of every network on every set
   * @param epochs of a trial
   */
  TrialReports(RunContext context, EvaluationJournal journal, int repeats, int epochs) {
    this.context = context;
    this.journal = journal;
    this.repeats = repeats;
    this.epochs = epochs;
    context.directory().metrics().cutBack(EvaluateStage.NAME, 0);
  }

  private static int compare(Trial a, Trial b) {
    return Long.compare(a.number(), b.number());
  }

  /** Says how many trials there are in all. */
  synchronized void expect(long count) {
    trials = count;
  }

  /** Those whose outcome is not known yet; the others count as done. */
  synchronized List<Trial> missing(List<Trial> all) {
    List<Trial> missing = new ArrayList<>();
    for (Trial trial : all) {
      journal
          .find(trial.key())
          .ifPresentOrElse(
              outcome -> done(new Line(trial, outcome, false)), () -> missing.add(trial));
    }
    return missing;
  }

  /** The outcome of a trial that has ended, be it in an earlier process. */
  synchronized double accuracy(Trial trial) {
    return journal.find(trial.key()).orElseThrow().accuracy();
  }

  /** Loads the images of a trial while nobody reports, since the loader reports as well. */
  synchronized LabelledImages images(TrialSets sets, Trial trial) {
    return sets.of(trial.repeat());
  }

  /** A trial has done {@code count} epochs. */
  synchronized void epochs(Trial trial, int count) {
    underWay.put(trial, count);
    long done = epochsDone + underWay.values().stream().mapToLong(Integer::longValue).sum();
    context.listener().progress(EvaluateStage.NAME, task(), done, trials * epochs, "epochs");
  }

  /**
   * The network of a trial has been tested on {@code count} of {@code images}; told when no
   * training goes on beside it.
   */
  synchronized void tested(Trial trial, int count, long images) {
    tested.put(trial, count);
    if (tested.size() == underWay.size()) {
      long done = tested.values().stream().mapToLong(Integer::longValue).sum();
      long total = images * tested.size();
      context.listener().progress(EvaluateStage.NAME, "testing " + task(), done, total, "images");
    }
  }

  /** For example {@code convnet on distilled images, repeats 1, 2 of 5}. */
  private String task() {
    Map<String, List<Trial>> byNetwork = new LinkedHashMap<>();
    for (Trial trial : underWay.keySet()) {
      byNetwork.computeIfAbsent(trial.network(), network -> new ArrayList<>()).add(trial);
    }
    return byNetwork.values().stream().map(this::task).collect(Collectors.joining("; "));
  }

  private String task(List<Trial> some) {
    Trial first = some.get(0);
    String numbers =
        some.stream().map(trial -> "" + (trial.repeat() + 1)).collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%s on %s images, %s %s of %d",
        first.network(),
        first.set(),
        some.size() == 1 ? "repeat" : "repeats",
        numbers,
        repeats);
  }

  /** A trial in words, for example {@code convnet on distilled images, repeat 1 of 5}. */
  String task(Trial trial) {
    return task(List.of(trial));
  }

  /** A trial has ended. */
  synchronized void finished(Trial trial, Outcome outcome) {
    journal.put(trial.key(), outcome);
    underWay.remove(trial);
    tested.remove(trial);
    done(new Line(trial, outcome, true));
  }

  /** Trials will not be done any more; those after them do not wait for their lines. */
  synchronized void abandon(List<Trial> all) {
    for (Trial trial : all) {
      underWay.remove(trial);
      tested.remove(trial);
      if (trial.number() > written && !waiting.containsKey(trial.number())) {
        done(new Line(trial, null, false));
      }
    }
  }

  private void done(Line line) {
    epochsDone += epochs;
    waiting.put(line.trial().number(), line);
    while (waiting.containsKey(written + 1)) {
      written++;
      write(waiting.remove(written));
    }
  }

  private void write(Line line) {
    if (line.outcome() == null) {
      return;
    }
    double accuracy = line.outcome().accuracy();
    context
        .directory()
        .metrics()
        .append(
            EvaluateStage.NAME,
            written,
            line.outcome().seconds(),
            line.trial().labels(),
            Map.of("accuracy", accuracy));
    if (line.fresh()) {
      context.listener().metric(EvaluateStage.NAME, written, "accuracy", accuracy);
    }
  }
}
