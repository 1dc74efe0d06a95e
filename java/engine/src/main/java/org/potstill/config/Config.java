package org.potstill.config;

import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.potstill.errors.InputException;

/**
 * A whole configuration, checked and with all defaults filled in.
 *
 * @param experts null unless the method is trajectory matching
 */
public record Config(
    RunConfig run,
    DataConfig data,
    ScoreConfig score,
    PruneConfig prune,
    ExpertsConfig experts,
    DistillConfig distill,
    EvaluateConfig evaluate) {

  /** The same under another name in another run directory. */
  Config placed(String name, Path out) {
    RunConfig there =
        new RunConfig(
            name, out, run.seed(), run.device(), run.threads(), run.kernels(), run.deterministic());
    return new Config(there, data, score, prune, experts, distill, evaluate);
  }

  /** The same with the scores of another run. */
  public Config withScoresFrom(Path other) {
    ScoreConfig borrowed =
        new ScoreConfig(
            score.network(),
            score.weights(),
            score.resolution(),
            score.batch(),
            score.precision(),
            score.epochs(),
            score.folds(),
            score.learningRate(),
            other);
    return new Config(run, data, borrowed, prune, experts, distill, evaluate);
  }

  /**
   * The same with the experts of another run.
   *
   * @throws InputException where there is no section {@code experts}, as with every method but
   *     trajectory matching
   */
  public Config withExpertsFrom(Path other) {
    if (experts == null) {
      throw new InputException(
          "experts.from: is set, but only distill.method mtt has experts and the method is "
              + distill.method().name().toLowerCase(Locale.ROOT));
    }
    return new Config(run, data, score, prune, experts.withFrom(other), distill, evaluate);
  }

  /** The same with the finished trainings of another run's evaluation. */
  public Config withTrialsFrom(Path other) {
    return new Config(run, data, score, prune, experts, distill, evaluate.withFrom(other));
  }

  /**
   * The same with one expert of its own that is followed from its beginning: as little as
   * trajectories can be matched with. The same as it is where there are no experts.
   */
  public Config withOneExpert() {
    if (experts == null) {
      return this;
    }
    return new Config(run, data, score, prune, experts.alone(), distill.fromFirstEpoch(), evaluate);
  }

  /** The same that evaluates the last images alone, by one network, without baselines. */
  public Config withTrialsOfLastImages(String network) {
    return new Config(
        run, data, score, prune, experts, distill, evaluate.withTrialsOfLastImages(network));
  }

  /** Whether any stage computes in {@code tf32}. */
  public boolean usesTf32() {
    return Stream.of(
            score.precision(),
            distill.precision(),
            evaluate.precision(),
            experts == null ? "" : experts.trainingPrecision())
        .anyMatch("tf32"::equals);
  }
}
