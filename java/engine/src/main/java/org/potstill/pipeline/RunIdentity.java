package org.potstill.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.potstill.config.Config;
import org.potstill.config.ConfigValues;
import org.potstill.config.KeyRoles;
import org.potstill.config.PriorConfig;
import org.potstill.config.ScoreConfig;
import org.potstill.distill.DistillStage;
import org.potstill.net.Networks;
import org.potstill.run.FileHashes;
import org.potstill.run.StageLog;
import org.potstill.score.ScoreStage;
import org.potstill.score.Scores;
import org.potstill.tensor.Placement;

/**
 * What a run is, by key: the values of its configuration, and for keys that name something its
 * content, so that a run is the same wherever it and its files are.
 */
public final class RunIdentity {

  private static final String NOT_THERE = "a file that is not there";

  private RunIdentity() {}

  /**
   * Every key that can change a result, and the name, which is in the report; thread count and
   * device as they are here, not as they were asked for. The device is named only where it is a
   * GPU, so that runs of versions without that choice are continued.
   *
   * @param finished what the run has finished so far
   */
  static Map<String, String> values(Config config, Placement placement, StageLog finished) {
    Map<String, String> values = byContent(config, finished, false);
    values.put("run.name", config.run().name());
    values.put(StageFit.THREADS, Integer.toString(config.run().threadCount()));
    values.remove(StageFit.DEVICE);
    // Runs of versions without these choices have them.
    values.remove("distill.prior.normalisation", "data");
    values.remove("data.whitening", "none");
    values.remove("data.test-share", "0");
    values.remove("evaluate.learned-rate", "false");
    if (placement.isCpu()) {
      values.remove(StageFit.DETERMINISTIC);
    } else {
      values.put(StageFit.DEVICE, placement.kind());
    }
    putVersion(values, "distill.network.version", config.distill().network().name());
    config
        .evaluate()
        .networks()
        .forEach(name -> putVersion(values, "evaluate.networks." + name + ".version", name));
    return values;
  }

  /**
   * Every key but those of places with its value, and the SHA-256 of what it names where that
   * counts: as it is now, for a run that is to be.
   */
  public static Map<String, String> now(Config config) {
    return byContent(config, StageLog.in(config.run().out()), false);
  }

  /**
   * The same of a run in {@code root} that has {@code config}: as it was when it was made, as far
   * as its stages note it, whatever has become of the files since.
   */
  public static Map<String, String> asMade(Config config, Path root) {
    return byContent(config, StageLog.in(root), true);
  }

  private static Map<String, String> byContent(Config config, StageLog log, boolean asMade) {
    Map<String, String> values = new TreeMap<>(ConfigValues.of(config));
    values.keySet().removeAll(KeyRoles.PLACES);
    Map<String, Path> files = contents(config);
    if (!Pipeline.needsScores(config)) {
      // Of no account, and need not be read.
      values.remove(ScoreConfig.WEIGHTS);
      files.remove(ScoreConfig.WEIGHTS);
    }
    files.forEach(
        (key, file) -> {
          String stage = key.equals(PriorConfig.WEIGHTS) ? DistillStage.NAME : ScoreStage.NAME;
          values.put(key, content(key, file, log.entry(stage), asMade));
        });
    return values;
  }

  /** The file whose content a key stands for, by key; of those that name something. */
  static Map<String, Path> contents(Config config) {
    Map<String, Path> files = new TreeMap<>();
    put(files, ScoreConfig.WEIGHTS, config.score().weights());
    Path lender = config.score().from();
    put(files, ScoreConfig.FROM, lender == null ? null : lender.resolve(Scores.FILE));
    PriorConfig prior = config.distill().prior();
    put(files, PriorConfig.WEIGHTS, prior == null ? null : prior.weights());
    return files;
  }

  private static void put(Map<String, Path> files, String key, Path file) {
    if (file != null) {
      files.put(key, file);
    }
  }

  /** What is gone is taken for what the stage that needed it had. */
  private static String content(
      String key, Path file, Optional<StageLog.Entry> entry, boolean asMade) {
    Optional<String> had = entry.map(done -> done.fingerprint().values().get(key));
    if ((asMade && had.isPresent()) || !Files.exists(file)) {
      return had.orElse(NOT_THERE);
    }
    String now = FileHashes.of(file);
    // Earlier versions of Potstill noted the place that scores came from; these are their copy.
    boolean copied = entry.filter(done -> now.equals(done.outputs().get(Scores.FILE))).isPresent();
    return key.equals(ScoreConfig.FROM) && copied ? had.orElse(now) : now;
  }

  /** The version of a network of the user's own, which its name alone does not tell. */
  private static void putVersion(Map<String, String> values, String key, String network) {
    String version = Networks.version(network);
    if (!version.isEmpty()) {
      values.put(key, version);
    }
  }
}
