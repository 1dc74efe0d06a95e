package org.potstill.report;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.csv.CSVPrinter;
import org.potstill.config.Sweep;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.net.Networks;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CsvFiles;
import org.potstill.run.Folders;
import org.potstill.run.SelectedOn;
import org.potstill.run.StageLog;

/** Accuracies of the runs of a sweep, beside what was published. */
public final class SweepTable {

  /** The table for people, in the folder of the sweep. */
  public static final String PAGE = "table.html";

  /** The table for programs: one line per run, training set and figure. */
  public static final String FILE = "table.csv";

  /** Parts of a protocol that differ with data, seed or images, not with how it is measured. */
  private static final Set<String> OF_DATA =
      Set.of("seed", "images", "selected-iteration", "test-images", "learned-rate");

  private static final String RATES = "learning-rate";
  private static final String LOCK = ".lock";
  private static final String EVALUATE = "evaluate";
  private static final String DISTILLED = "distilled";
  private static final String MAXIMA = "maxima";

  private final Sweep sweep;
  private final List<Entry> entries;
  private final Map<Sweep.Run, Failure> failed;
  private final List<String> warnings;

  private SweepTable(
      Sweep sweep, List<Entry> entries, Map<Sweep.Run, Failure> failed, List<String> warnings) {
    this.sweep = sweep;
    this.entries = entries;
    this.failed = failed;
    this.warnings = warnings;
  }

  /**
   * A run with what it reached.
   *
   * @param run the run
   * @param evaluation null where it was not evaluated yet
   * @param state how far it came, in a word or two
   * @param hasReport whether its page is there
   */
  record Entry(Sweep.Run run, Evaluation evaluation, String state, boolean hasReport) {

    /** A figure of the networks trained on the distilled images; null where there is none. */
    Evaluation.Accuracy distilled(String figure) {
      return evaluation == null ? null : of(evaluation.distilled(), figure);
    }
  }

  /**
   * That a run failed.
   *
   * @param reason why
   * @param evaluated the record of an earlier evaluation when it failed, if there was one
   */
  public record Failure(Throwable reason, Optional<StageLog.Entry> evaluated) {

    /** A failure of now. */
    public static Failure of(Sweep.Run run, Throwable reason) {
      return new Failure(reason, evaluation(run));
    }

    /** Whether no other process has evaluated it since. */
    private boolean stands(Sweep.Run run) {
      Optional<StageLog.Entry> now = evaluation(run);
      return now.isEmpty() || now.equals(evaluated);
    }

    /** Empty also where it cannot be told. */
    private static Optional<StageLog.Entry> evaluation(Sweep.Run run) {
      try {
        return StageLog.in(run.config().run().out()).entry(EVALUATE);
      } catch (InputException e) {
        return Optional.empty();
      }
    }
  }

  /**
   * Reads what the runs of {@code sweep} have left and writes the table of it, for people and for
   * programs. Several processes may run parts of a sweep in one folder; they come in here one after
   * the other, so that none replaces a newer table by an older one.
   *
   * @param failed the runs that failed just now
   * @throws RunFailedException where the table cannot be written
   */
  public static SweepTable update(Sweep sweep, Map<Sweep.Run, Failure> failed) {
    // Of one process only one thread may wait for the lock.
    synchronized (SweepTable.class) {
      Path lock = sweep.out().resolve(LOCK);
      try {
        Folders.create(sweep.out());
        try (FileChannel channel = FileChannel.open(lock, CREATE, WRITE);
            FileLock held = channel.lock()) {
          SweepTable table = read(sweep, failed);
          table.write();
          return table;
        }
      } catch (IOException e) {
        throw new RunFailedException("cannot lock " + lock + ": " + FileErrors.reason(lock, e), e);
      }
    }
  }

  /**
   * Reads what the runs of {@code sweep} have left, whichever process ran them, and writes nothing.
   *
   * @param failed the runs that failed just now
   */
  public static SweepTable read(Sweep sweep, Map<Sweep.Run, Failure> failed) {
    List<Entry> entries = new ArrayList<>();
    Map<Sweep.Run, Failure> standing = new LinkedHashMap<>();
    List<String> warnings = new ArrayList<>();
    ShownRuns shown = new ShownRuns(sweep);
    for (Sweep.Run run : sweep.runs()) {
      Failure failure = failed.get(run);
      boolean stands = failure != null && failure.stands(run);
      entries.add(entry(run, shown, stands, warnings));
      if (stands) {
        standing.put(run, failure);
      }
    }
    warnings.addAll(differences(entries));
    return new SweepTable(
        sweep, List.copyOf(entries), Collections.unmodifiableMap(standing), List.copyOf(warnings));
  }

  private static Entry entry(
      Sweep.Run run, ShownRuns shown, boolean failed, List<String> warnings) {
    Path root = run.config().run().out();
    List<String> own = new ArrayList<>();
    OptionalFiles files = new OptionalFiles(root, own);
    Map<String, StageLog.Entry> stages = files.stages(StageLog.in(root));
    Optional<String> other =
        files.config().flatMap(written -> shown.otherThan(run, written, stages));
    if (!stages.isEmpty() && other.isPresent()) {
      own.add(other.get());
    }
    Set<String> finished = other.isPresent() ? Set.of() : stages.keySet();
    Evaluation evaluation = finished.contains(EVALUATE) ? files.evaluation() : null;
    own.forEach(warning -> warnings.add(run.folder() + ": " + warning));
    boolean report = evaluation != null && Files.isRegularFile(root.resolve("report.html"));
    String state = failed ? "failed" : own.isEmpty() ? state(finished) : "see the warning";
    return new Entry(run, evaluation, state, report);
  }

  private static String state(Set<String> stages) {
    return stages.isEmpty() ? "not run" : "after " + List.copyOf(stages).get(stages.size() - 1);
  }

  /** What of the protocol is not the same in all runs, so that their figures do not compare. */
  private static List<String> differences(List<Entry> entries) {
    Map<String, Set<String>> values = new TreeMap<>();
    for (Entry entry : entries) {
      if (entry.evaluation() != null) {
        Map<String, String> protocol = new TreeMap<>(entry.evaluation().protocol());
        protocol.putIfAbsent(SelectedOn.KEY, SelectedOn.NOTHING);
        protocol.forEach(
            (key, value) ->
                parts(key, value)
                    .forEach(
                        (part, text) ->
                            values.computeIfAbsent(part, k -> new TreeSet<>()).add(text)));
      }
    }
    values.keySet().removeAll(OF_DATA);
    return values.entrySet().stream()
        .filter(entry -> entry.getValue().size() > 1)
        .map(
            entry ->
                "not all runs were measured alike: "
                    + entry.getKey()
                    + " "
                    + String.join("; ", entry.getValue()))
        .toList();
  }

  /** An entry of the protocol; rates by network, of which runs may have others. */
  private static Map<String, String> parts(String key, String value) {
    if (!key.equals(RATES)) {
      return Map.of(key, value);
    }
    Map<String, String> rates = new LinkedHashMap<>();
    for (String rate : value.split(", ", -1)) {
      int space = rate.lastIndexOf(' ');
      rates.put(key + " of " + rate.substring(0, Math.max(0, space)), rate.substring(space + 1));
    }
    return rates;
  }

  /** A figure of a training set; null where there is none. */
  static Evaluation.Accuracy of(Evaluation.TrainingSet set, String figure) {
    return figure.equals(Networks.CROSS) ? set.cross() : set.networks().get(figure);
  }

  /** The sweep. */
  Sweep sweep() {
    return sweep;
  }

  /** What each run reached, in their order. */
  List<Entry> entries() {
    return entries;
  }

  /** Of the runs that failed just now, those that no other process has evaluated since. */
  public Set<Sweep.Run> failed() {
    return failed.keySet();
  }

  /** What failed just now, in sentences. */
  List<String> failures() {
    return failed.entrySet().stream()
        .map(
            entry ->
                entry.getKey().folder() + ": failed: " + entry.getValue().reason().getMessage())
        .toList();
  }

  /** What could not be read, or does not belong together, in sentences. */
  public List<String> warnings() {
    return warnings;
  }

  /** How many of the runs were evaluated. */
  public long evaluated() {
    return entries.stream().filter(entry -> entry.evaluation() != null).count();
  }

  /** Names of what was measured or published: {@code cross} first, then networks. */
  List<String> figures() {
    Set<String> figures = new LinkedHashSet<>();
    if (isMeasured(Networks.CROSS)) {
      figures.add(Networks.CROSS);
    }
    figures.addAll(sweep.published().keySet());
    for (Entry entry : entries) {
      if (entry.evaluation() != null) {
        figures.addAll(entry.evaluation().distilled().networks().keySet());
      }
    }
    return List.copyOf(figures);
  }

  /** Whether a run has such a figure. */
  boolean isMeasured(String figure) {
    return entries.stream().anyMatch(entry -> entry.distilled(figure) != null);
  }

  /** What was published of a run; null where nothing was. */
  Double published(String figure, List<String> values) {
    return sweep.published().getOrDefault(figure, Map.of()).get(values);
  }

  /** What was published of a baseline beside a run; null where nothing was. */
  Double published(String baseline, String figure, List<String> values) {
    return sweep
        .publishedBaselines()
        .getOrDefault(baseline, Map.of())
        .getOrDefault(figure, Map.of())
        .get(values);
  }

  private void write() {
    AtomicFiles.write(sweep.out().resolve(FILE), this::writeCsv);
    String page = new PageTemplate().render(SweepPage.of(this));
    AtomicFiles.writeString(sweep.out().resolve(PAGE), page);
  }

  private void writeCsv(Path file) throws IOException {
    List<String> header = new ArrayList<>();
    sweep.axes().forEach(axis -> header.add(axis.name()));
    header.addAll(Sweep.COLUMNS);
    try (CSVPrinter printer = CsvFiles.printer(file, header.toArray(String[]::new))) {
      for (Entry entry : entries) {
        if (entry.evaluation() != null) {
          Map<String, Evaluation.TrainingSet> sets = new LinkedHashMap<>();
          sets.put(DISTILLED, entry.evaluation().distilled());
          if (entry.evaluation().maxima() != null) {
            sets.put(MAXIMA, entry.evaluation().maxima());
          }
          sets.putAll(entry.evaluation().baselines());
          for (Map.Entry<String, Evaluation.TrainingSet> set : sets.entrySet()) {
            for (String figure : figures()) {
              print(printer, entry.run(), set.getKey(), figure, of(set.getValue(), figure));
            }
          }
        }
      }
    }
  }

  private void print(
      CSVPrinter printer, Sweep.Run run, String images, String figure, Evaluation.Accuracy accuracy)
      throws IOException {
    if (accuracy == null) {
      return;
    }
    List<Object> fields = new ArrayList<>(run.values());
    fields.addAll(List.of(run.folder(), images, figure));
    fields.addAll(List.of(rounded(accuracy.mean()), rounded(accuracy.std()), accuracy.repeats()));
    Double published =
        images.equals(DISTILLED)
            ? published(figure, run.values())
            : published(images, figure, run.values());
    fields.add(published == null ? null : rounded(published));
    printer.printRecord(fields);
  }

  /** To a ten-thousandth of a percent, so that a third is not written with sixteen digits. */
  private static double rounded(double share) {
    return Math.round(share * 1e6) / 1e6;
  }

  /** The table of the first figure as lines of text, for a terminal. */
  public List<String> lines() {
    return SweepText.of(this);
  }
}
