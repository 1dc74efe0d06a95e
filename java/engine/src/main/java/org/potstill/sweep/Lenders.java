package org.potstill.sweep;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.potstill.config.Config;
import org.potstill.config.ConfigValues;
import org.potstill.config.Sweep;
import org.potstill.distill.ExpertEpochs;
import org.potstill.distill.ExpertFile;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.experts.ExpertsStage;
import org.potstill.pipeline.RunSession;
import org.potstill.score.ScoreStage;
import org.potstill.score.Scores;

/**
 * Finds for a run of a sweep what other runs have that it would only make again: scores, experts,
 * trainings on baselines. What they were made of is in the lender's own configuration, whichever
 * process ran it; who lends does not change what is lent.
 */
final class Lenders {

  private final List<RunFolder> folders;

  Lenders(Sweep sweep) {
    folders = sweep.runs().stream().map(RunFolder::new).toList();
  }

  /** The configuration of a run with what it takes from others. */
  Config borrowing(Sweep.Run run) {
    return withTrials(withExperts(withScores(run.config(), new RunFolder(run))));
  }

  /** Scores are part of what a run is: one that was begun keeps to whose it began with. */
  private Config withScores(Config config, RunFolder own) {
    if (!hasStage(config, ScoreStage.NAME) || config.score().from() != null) {
      return config;
    }
    Optional<Path> lender =
        own.isBegun()
            ? own.begunWith().map(begun -> begun.score().from())
            : lender(config, ScoreStage.NAME, Scores.FILE, Lenders::sameScores);
    return lender.map(config::withScoresFrom).orElse(config);
  }

  private Config withExperts(Config config) {
    if (!hasStage(config, ExpertsStage.NAME) || config.experts().from() != null) {
      return config;
    }
    return lender(config, ExpertsStage.NAME, ExpertFile.name(0), Lenders::sameExperts)
        .map(config::withExpertsFrom)
        .orElse(config);
  }

  /** The one with the most baselines in common, the first of several. */
  private Config withTrials(Config config) {
    if (config.evaluate().from() != null) {
      return config;
    }
    return others(config, EvaluateStage.NAME, EvaluateStage.TRIALS)
        .filter(other -> sameBaselines(config, other.begunWith()) > 0)
        .max(Comparator.comparingLong(other -> sameBaselines(config, other.begunWith())))
        .map(other -> config.withTrialsFrom(other.root()))
        .orElse(config);
  }

  private static boolean hasStage(Config config, String stage) {
    return RunSession.stages(config).contains(stage);
  }

  private Optional<Path> lender(
      Config config, String stage, String file, BiPredicate<Config, Config> same) {
    return others(config, stage, file)
        .filter(other -> other.begunWith().filter(made -> same.test(config, made)).isPresent())
        .map(RunFolder::root)
        .findFirst();
  }

  private Stream<RunFolder> others(Config config, String stage, String file) {
    return folders.stream()
        .filter(other -> !other.root().equals(config.run().out()))
        .filter(other -> other.hasFinished(stage, file));
  }

  private static boolean sameScores(Config a, Config b) {
    return same(a, b, "score");
  }

  /** Of the same settings, and stored after all epochs that {@code config} may draw. */
  private static boolean sameExperts(Config config, Config lender) {
    return lender.experts() != null
        && same(config, lender, "score", "prune", "experts", "distill.network", "distill.augment")
        && ExpertEpochs.drawn(lender).containsAll(ExpertEpochs.drawn(config));
  }

  /** How many of the baselines that {@code config} asks for the other run has measured as well. */
  private static long sameBaselines(Config config, Optional<Config> measured) {
    return measured.stream()
        .flatMap(
            other ->
                config.evaluate().baselines().stream()
                    .filter(other.evaluate().baselines()::contains)
                    .filter(baseline -> sameBaseline(baseline, config, other)))
        .count();
  }

  private static boolean sameBaseline(String baseline, Config a, Config b) {
    boolean trained =
        same(
            a,
            b,
            "distill.network",
            "evaluate.epochs",
            "evaluate.batch",
            "evaluate.learning-rate",
            "evaluate.schedule",
            "evaluate.ema",
            "evaluate.augment",
            "evaluate.precision",
            "evaluate.feature-epochs");
    return trained
        && switch (baseline) {
          case "full" -> true;
          case "easiest" -> same(a, b, "distill.images-per-class", "score", "prune");
          default -> same(a, b, "distill.images-per-class");
        };
  }

  /** Whether two runs have the same data, seed, machine, and these sections or keys. */
  private static boolean same(Config a, Config b, String... keys) {
    Predicate<String> counts =
        key ->
            isOf(key, "data")
                || isOf(key, "run")
                || Stream.of(keys).anyMatch(wanted -> isOf(key, wanted));
    return values(a, counts).equals(values(b, counts));
  }

  private static boolean isOf(String key, String wanted) {
    return key.equals(wanted) || key.startsWith(wanted + ".");
  }

  private static Map<String, String> values(Config config, Predicate<String> counts) {
    Map<String, String> values = new TreeMap<>(ConfigValues.of(config));
    values.keySet().removeIf(counts.negate());
    // Names and places, and whose a thing is that is as it would be made here.
    values
        .keySet()
        .removeAll(List.of("run.name", "run.out", "score.from", "experts.from", "evaluate.from"));
    // One GPU of a machine is as good as another.
    values.put("run.device", config.run().device().replaceFirst(":\\d+$", ""));
    return values;
  }
}
