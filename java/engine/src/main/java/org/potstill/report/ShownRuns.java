package org.potstill.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.potstill.config.Config;
import org.potstill.config.ConfigDiff;
import org.potstill.config.DataConfig;
import org.potstill.config.PriorConfig;
import org.potstill.config.ScoreConfig;
import org.potstill.config.Sweep;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.run.FileHashes;
import org.potstill.run.StageLog;

/**
 * Which directories are shown as the runs of a sweep. Where data, scores or weights tell the runs
 * apart, the value of an axis stands for what was there when the run was made, which is compared
 * with what is there now.
 */
final class ShownRuns {

  private static final String SCORE = "score";
  private static final String SCORES = "scores.csv";
  private static final String DISTILL = "distill";
  private static final String EVALUATE = "evaluate";
  private static final String FOLDER = "folder:";

  private final Sweep sweep;
  private final Set<String> varied;

  /** What is at a place now; empty where it cannot be listed. To list a data set takes its time. */
  private final Map<List<Object>, Optional<TrainingIdentity.Names>> listed = new HashMap<>();

  ShownRuns(Sweep sweep) {
    this.sweep = sweep;
    this.varied = sweep.variedKeys();
  }

  /**
   * Why a directory is not shown as {@code run}, in words; empty where it is that run.
   *
   * @param written its configuration
   * @param stages its record
   */
  Optional<String> otherThan(Sweep.Run run, Config written, Map<String, StageLog.Entry> stages) {
    return run.otherSettings(written, varied).stream()
        .filter(change -> !isSame(change.path(), run.config(), written, stages))
        .findFirst()
        .map(change -> "was run with " + words(change, run.config()) + ", and is not shown");
  }

  private String words(ConfigDiff.Change change, Config now) {
    String words = change.path() + " " + change.before() + ", not " + change.after();
    boolean gone =
        change.path().equals(DataConfig.SOURCE) ? list(now).isEmpty() : isGone(change.path(), now);
    return gone ? words + ", where it is not known to be the same, since nothing is there" : words;
  }

  private static boolean isGone(String key, Config now) {
    Path file = file(key, now);
    return file != null && !Files.isRegularFile(file);
  }

  /** Whether what a key names is what the run was made of, wherever it is now. */
  private boolean isSame(
      String key, Config now, Config written, Map<String, StageLog.Entry> stages) {
    return switch (key) {
      case DataConfig.SOURCE -> isSameData(now, written, stages);
      case ScoreConfig.FROM -> isLent(now, written) || isSameFile(key, SCORE, now, stages);
      case ScoreConfig.WEIGHTS -> isSameFile(key, SCORE, now, stages);
      case PriorConfig.WEIGHTS -> isSameFile(key, DISTILL, now, stages);
      default -> false;
    };
  }

  private static boolean isSameFile(
      String key, String stage, Config now, Map<String, StageLog.Entry> stages) {
    Path file = file(key, now);
    if (file == null || !Files.isRegularFile(file) || !stages.containsKey(stage)) {
      return false;
    }
    String is = FileHashes.of(file);
    StageLog.Entry made = stages.get(stage);
    // Earlier versions of Potstill noted the place that scores came from; these are their copy.
    return is.equals(made.fingerprint().values().get(key))
        || (key.equals(ScoreConfig.FROM) && is.equals(made.outputs().get(SCORES)));
  }

  private static Path file(String key, Config config) {
    Path scores = config.score().from();
    PriorConfig prior = config.distill().prior();
    return switch (key) {
      case ScoreConfig.FROM -> scores == null ? null : scores.resolve(SCORES);
      case ScoreConfig.WEIGHTS -> config.score().weights();
      case PriorConfig.WEIGHTS -> prior == null ? null : prior.weights();
      default -> null;
    };
  }

  /** Whether the sweep itself gave the run its scores, which the user had not asked for. */
  private boolean isLent(Config now, Config written) {
    Path from = written.score().from();
    if (now.score().from() != null || from == null) {
      return false;
    }
    // Where it is now, if the sweep was moved since.
    Path moved = now.run().out().resolve(written.run().out().relativize(from)).normalize();
    return sweep.runs().stream().anyMatch(run -> run.config().run().out().equals(moved));
  }

  private boolean isSameData(Config now, Config written, Map<String, StageLog.Entry> stages) {
    return list(now).filter(names -> made(names, stages)).isPresent() && !looksAlike(now, written);
  }

  private static boolean made(TrainingIdentity.Names names, Map<String, StageLog.Entry> stages) {
    if (stages.containsKey(EVALUATE)) {
      return names.all().equals(stages.get(EVALUATE).dataSet());
    }
    return stages.values().stream()
        .map(StageLog.Entry::dataSet)
        .filter(Objects::nonNull)
        .anyMatch(names::haveTraining);
  }

  /**
   * Whether another folder, which the run may have been made of, has the same names and sizes: of
   * folders no more than these is compared.
   */
  private boolean looksAlike(Config now, Config written) {
    String source = now.data().source();
    return source.startsWith(FOLDER)
        && (isAlike(now, written)
            || sweep.runs().stream()
                .filter(run -> !run.config().data().source().equals(source))
                .anyMatch(run -> isAlike(now, run.config())));
  }

  private boolean isAlike(Config now, Config other) {
    return list(now).equals(list(other));
  }

  private Optional<TrainingIdentity.Names> list(Config config) {
    long seed = config.run().seed();
    return listed.computeIfAbsent(
        List.of(config.data(), seed),
        key -> {
          try (Dataset data = Datasets.open(config.data(), seed)) {
            return Optional.of(TrainingIdentity.Names.of(data));
          } catch (InputException e) {
            return Optional.empty();
          }
        });
  }
}
