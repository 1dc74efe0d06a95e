package org.potstill.sweep;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.EvaluateConfig;
import org.potstill.config.ScoreConfig;
import org.potstill.config.Sweep;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.data.TrainingIdentity;
import org.potstill.distill.ExpertEpochs;
import org.potstill.distill.ExpertFile;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.experts.ExpertsStage;
import org.potstill.pipeline.RunIdentity;
import org.potstill.pipeline.RunSession;
import org.potstill.run.StageLog;
import org.potstill.score.ScoreStage;
import org.potstill.score.Scores;
import org.potstill.sweep.RunFolder.Made;
import org.potstill.tensor.Devices;
import org.potstill.tensor.Placement;

/**
 * Finds for a run of a sweep what other runs have that it would only make again: scores, experts,
 * trainings on baselines. What they were made of, and on what, is in the lender's own record,
 * whichever process ran it; who lends does not change what is lent.
 */
final class Lenders {

  /** Of no account for what is lent: what is compared as it was resolved, or by what came of it. */
  private static final Set<String> NOT_COMPARED =
      Set.of("run.threads", "run.device", ScoreConfig.FROM);

  private final List<RunFolder> folders;
  private final boolean sourcesVary;

  /** Fingerprints of data sets, by what they are listed for: to list one takes its time. */
  private final Map<List<Object>, TrainingIdentity.Names> listed = new HashMap<>();

  Lenders(Sweep sweep) {
    folders = sweep.runs().stream().map(RunFolder::new).toList();
    sourcesVary = sweep.variedKeys().contains(DataConfig.SOURCE);
  }

  /** The configuration of a run with what it takes from others; as it is where it is finished. */
  Config borrowing(Sweep.Run run) {
    Config config = withScores(run);
    return folder(run).isFinished() ? config : withTrials(withExperts(config));
  }

  /** The same with scores alone, which are part of what a run is. */
  Config withScores(Sweep.Run run) {
    Config config = run.config();
    if (!hasStage(config, ScoreStage.NAME) || config.score().from() != null) {
      return config;
    }
    // One that was begun keeps to whose it began with.
    RunFolder own = folder(run);
    Optional<Path> lender =
        own.isBegun()
            ? own.config().flatMap(begun -> lenderOf(begun, own.root()))
            : lender(config, ScoreStage.NAME, Scores.FILE, Lenders::sameScores);
    return lender.map(config::withScoresFrom).orElse(config);
  }

  /** The run whose scores a run took: where it is now, if the sweep was moved since. */
  private Optional<Path> lenderOf(Config begun, Path root) {
    Path from = begun.score().from();
    if (from == null) {
      return Optional.empty();
    }
    Path moved = root.resolve(begun.run().out().relativize(from)).normalize();
    boolean ofSweep = folders.stream().anyMatch(folder -> folder.root().equals(moved));
    return Optional.of(ofSweep ? moved : from);
  }

  private Config withExperts(Config config) {
    if (!hasStage(config, ExpertsStage.NAME) || config.experts().from() != null) {
      return config;
    }
    return lender(config, ExpertsStage.NAME, ExpertFile.name(0), Lenders::sameExperts)
        .map(config::withExpertsFrom)
        .orElse(config);
  }

  /** The one with the most trainings in common, the first of several. */
  private Config withTrials(Config config) {
    if (config.evaluate().from() != null) {
      return config;
    }
    Made own = new Made(config, RunIdentity.now(config));
    return others(config, EvaluateStage.NAME, EvaluateStage.TRIALS)
        .filter(other -> sameTrainings(own, other) > 0)
        .filter(other -> hasData(other, EvaluateStage.NAME, config))
        .max(Comparator.comparingLong(other -> sameTrainings(own, other)))
        .map(other -> config.withTrialsFrom(other.root()))
        .orElse(config);
  }

  private static boolean hasStage(Config config, String stage) {
    return RunSession.stages(config).contains(stage);
  }

  private RunFolder folder(Sweep.Run run) {
    return folders.stream()
        .filter(folder -> folder.root().equals(run.config().run().out()))
        .findFirst()
        .orElseThrow();
  }

  private Optional<Path> lender(
      Config config, String stage, String file, BiPredicate<Made, Made> same) {
    Made own = new Made(config, RunIdentity.now(config));
    return others(config, stage, file)
        .filter(other -> other.made().filter(made -> same.test(own, made)).isPresent())
        .filter(other -> hasData(other, stage, config))
        .map(RunFolder::root)
        .findFirst();
  }

  private Stream<RunFolder> others(Config config, String stage, String file) {
    Placement placement = new Devices().choose(config.run().device(), "run.device");
    String threads = Integer.toString(config.run().threadCount());
    return folders.stream()
        .filter(other -> !other.root().equals(config.run().out()))
        .filter(other -> other.has(file))
        .filter(
            other ->
                other
                    .finished(stage)
                    .filter(entry -> ranOn(entry, placement, threads))
                    .isPresent());
  }

  /** As it was resolved there: auto and 0 are other devices and threads on another machine. */
  private static boolean ranOn(StageLog.Entry entry, Placement placement, String threads) {
    Map<String, String> ran = entry.fingerprint().values();
    String cpu = Placement.CPU.kind();
    return threads.equals(ran.get("run.threads"))
        && placement.kind().equals(ran.getOrDefault("run.device", cpu));
  }

  /**
   * Whether a stage of another run had the data set that a run is to have, wherever it was. Where
   * the runs differ in their sources it has to be the same one: folders of the same names and sizes
   * look alike.
   */
  private boolean hasData(RunFolder other, String stage, Config config) {
    if (sourcesVary
        && other
            .config()
            .filter(its -> its.data().source().equals(config.data().source()))
            .isEmpty()) {
      return false;
    }
    String had = other.finished(stage).map(StageLog.Entry::dataSet).orElse("");
    TrainingIdentity.Names data = listed(config);
    return stage.equals(EvaluateStage.NAME) ? data.all().equals(had) : data.haveTraining(had);
  }

  private TrainingIdentity.Names listed(Config config) {
    long seed = config.run().seed();
    return listed.computeIfAbsent(
        List.of(config.data(), seed),
        key -> {
          try (Dataset data = Datasets.open(config.data(), seed)) {
            return TrainingIdentity.Names.of(data);
          }
        });
  }

  /** Of the same settings, and its own: what others lent it may be of another scorer. */
  private static boolean sameScores(Made own, Made lender) {
    Map<String, String> whitened = Map.of("data.whitening", "");
    return lender.config().score().from() == null
        && values(own, List.of("score"), whitened)
            .equals(values(lender, List.of("score"), whitened));
  }

  /** Of the same settings, and stored after all epochs that the run may draw. */
  private static boolean sameExperts(Made own, Made lender) {
    return lender.config().experts() != null
        && same(own, lender, "score", "prune", "experts", "distill.network", "distill.augment")
        && ExpertEpochs.drawn(lender.config()).containsAll(ExpertEpochs.drawn(own.config()));
  }

  /** How many trainings on baselines the other run has that this one needs as well. */
  private static long sameTrainings(Made own, RunFolder other) {
    return other.made().map(lender -> sameTrainings(own, lender)).orElse(0L);
  }

  private static long sameTrainings(Made own, Made lender) {
    EvaluateConfig evaluate = own.config().evaluate();
    EvaluateConfig theirs = lender.config().evaluate();
    int threads = own.config().run().threadCount();
    // Each set of images has a rate of its own; and threads of a training follow from the repeats.
    if (evaluate.learnedRate()
        || Math.min(threads, evaluate.repeats()) != Math.min(threads, theirs.repeats())) {
      return 0;
    }
    long networks = evaluate.networks().stream().filter(theirs.networks()::contains).count();
    long baselines =
        evaluate.baselines().stream()
            .filter(theirs.baselines()::contains)
            .filter(baseline -> sameBaseline(baseline, own, lender))
            .count();
    return baselines * networks * Math.min(evaluate.repeats(), theirs.repeats());
  }

  private static boolean sameBaseline(String baseline, Made own, Made lender) {
    boolean trained =
        same(
            own,
            lender,
            "distill.network",
            "evaluate.epochs",
            "evaluate.batch",
            "evaluate.learning-rate",
            "evaluate.learned-rate",
            "evaluate.schedule",
            "evaluate.ema",
            "evaluate.augment",
            "evaluate.precision",
            "evaluate.feature-epochs");
    return trained
        && switch (baseline) {
          case "full" -> true;
          case "easiest" -> same(own, lender, "distill.images-per-class", "score", "prune");
          default -> same(own, lender, "distill.images-per-class");
        };
  }

  /** Whether two runs have the same settings of data, seed, kernels, and these sections or keys. */
  private static boolean same(Made own, Made lender, String... keys) {
    return values(own, List.of(keys), Map.of()).equals(values(lender, List.of(keys), Map.of()));
  }

  private static Map<String, String> values(
      Made made, List<String> keys, Map<String, String> instead) {
    Map<String, String> values = new TreeMap<>();
    made.values()
        .forEach(
            (key, value) -> {
              boolean counts =
                  isOf(key, "data")
                      || isOf(key, "run")
                      || keys.stream().anyMatch(wanted -> isOf(key, wanted));
              if (counts && !NOT_COMPARED.contains(key)) {
                values.put(key, instead.getOrDefault(key, value));
              }
            });
    return values;
  }

  private static boolean isOf(String key, String wanted) {
    return key.equals(wanted) || key.startsWith(wanted + ".");
  }
}
