package org.potstill.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.DistillConfig;
import org.potstill.config.PruneConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.DistillStage;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.ExpertFile;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.experts.ExpertsStage;
import org.potstill.kernels.Kernels;
import org.potstill.prune.CoreSet;
import org.potstill.prune.PruneStage;
import org.potstill.report.ReportStage;
import org.potstill.run.RunContext;
import org.potstill.score.ScoreStage;
import org.potstill.score.Scores;
import org.potstill.tensor.GpuMemory;

/**
 * The line from images to report:
 *
 * <pre>
 * source -&gt; decode -&gt; score -&gt; prune -&gt; [experts] -&gt; distil -&gt; evaluate -&gt; report
 * </pre>
 */
final class Pipeline {

  private Pipeline() {}

  /**
   * Whether anything asks for scores: a ranking, a run whose scores are to be taken, or images that
   * may be left out, which the scoring finds.
   */
  static boolean needsScores(Config config) {
    PruneConfig.Mode mode = config.prune().mode();
    return mode == PruneConfig.Mode.EASY
        || mode == PruneConfig.Mode.HARD
        || config.score().from() != null
        || config.data().onBadImage() == DataConfig.OnBadImage.SKIP;
  }

  static boolean needsExperts(Config config) {
    return config.distill().method() == DistillConfig.Method.MTT;
  }

  /** Names of the stages of {@code config} in their order. */
  static List<String> names(Config config) {
    return RunSession.STAGES.stream()
        .filter(name -> !name.equals(ScoreStage.NAME) || needsScores(config))
        .filter(name -> !name.equals(ExpertsStage.NAME) || needsExperts(config))
        .toList();
  }

  /**
   * The stages of {@code config} in their order.
   *
   * @param kernels for tensors where the run computes
   * @param hostKernels for buffers in host memory
   */
  static List<Stage> stages(
      Config config, Dataset data, RunContext context, Kernels kernels, Kernels hostKernels) {
    List<Stage> line = new ArrayList<>();
    boolean scored = needsScores(config);
    if (scored) {
      line.add(
          new Stage(
              ScoreStage.NAME,
              List.of(
                  "run.seed", "run.threads", "run.device", "run.deterministic", "data", "score"),
              Set.of(),
              false,
              List.of(),
              List.of(Scores.FILE),
              "",
              List.of(),
              true,
              () -> false,
              () -> Preflight.checkScore(config, data),
              () ->
                  GpuMemory.explain(
                      ScoreStage.NAME,
                      GpuMemory.lower(ScoreStage.BATCH),
                      new ScoreStage(config, data, context, kernels)::run)));
    }
    line.add(
        new Stage(
            PruneStage.NAME,
            List.of("run.seed", "data", "prune"),
            Set.of(),
            false,
            scored ? List.of(Scores.FILE) : List.of(),
            List.of(CoreSet.FILE),
            "",
            List.of(),
            false,
            () -> false,
            () -> PruneStage.kept(config.prune(), data),
            () -> new PruneStage(config.prune(), data, context, hostKernels).run()));
    if (needsExperts(config)) {
      line.add(
          new Stage(
              ExpertsStage.NAME,
              List.of(
                  "run.seed",
                  "run.threads",
                  "run.device",
                  "run.deterministic",
                  "data",
                  "experts",
                  "distill.network",
                  "distill.augment",
                  "distill.trajectory.expert-epochs",
                  "distill.trajectory.max-start-epoch"),
              Set.of("experts.count"),
              false,
              List.of(CoreSet.FILE),
              // Each file says itself what it was made of; hashing them all would take minutes.
              List.of(),
              "",
              List.of(ExpertFile.FOLDER),
              false,
              () -> false,
              () -> Preflight.checkExperts(config, data, kept(data, context)),
              () ->
                  GpuMemory.explain(
                      ExpertsStage.NAME,
                      GpuMemory.lower(ExpertsStage.BATCH),
                      new ExpertsStage(config, data, context, kernels)::run)));
    }
    line.add(
        new Stage(
            DistillStage.NAME,
            List.of(
                "run.seed", "run.threads", "run.device", "run.deterministic", "data", "distill"),
            Set.of("distill.iterations"),
            false,
            List.of(CoreSet.FILE),
            List.of(DistilledSet.FILE),
            DistilledSet.HISTORY_FOLDER,
            List.of(),
            false,
            () -> DistillStage.canRestore(config, context.directory()),
            () -> DistillStage.requireInputs(config, data, kept(data, context)),
            () ->
                GpuMemory.explain(
                    DistillStage.NAME,
                    GpuMemory.lower(largest(config)),
                    new DistillStage(config, data, context, kernels)::run)));
    line.add(
        new Stage(
            EvaluateStage.NAME,
            List.of(
                "run.seed", "run.threads", "run.device", "run.deterministic", "data", "evaluate"),
            Set.of(),
            true,
            List.of(),
            // The images, since it may choose those of an earlier iteration.
            List.of("evaluation.json", DistilledSet.FILE),
            "",
            List.of(EvaluateStage.TRIALS),
            false,
            () -> false,
            () -> {
              Preflight.checkEvaluate(config, data);
              evaluateStage(config, data, context, kernels).requireImages();
            },
            () ->
                GpuMemory.explain(
                    EvaluateStage.NAME,
                    GpuMemory.lower(EvaluateStage.BATCH),
                    evaluateStage(config, data, context, kernels)::run)));
    line.add(
        new Stage(
            ReportStage.NAME,
            List.of("run.name"),
            Set.of(),
            true,
            List.of("evaluation.json"),
            List.of("report.html"),
            "",
            List.of(),
            false,
            () -> false,
            () -> {},
            () -> new ReportStage(context, Environment.versions()).run()));
    return line;
  }

  /** The stage {@code evaluate}. */
  static EvaluateStage evaluateStage(
      Config config, Dataset data, RunContext context, Kernels kernels) {
    return new EvaluateStage(config, data, context, kernels, Environment.versions());
  }

  /** How many images of every class the core-set of the run directory has. */
  private static int[] kept(Dataset data, RunContext context) {
    return CoreSet.read(context.directory().resolve(CoreSet.FILE)).records(data).stream()
        .mapToInt(List::size)
        .toArray();
  }

  /** The key that sets how much memory distilling takes. */
  private static String largest(Config config) {
    if (config.distill().space() != DistillConfig.Space.PIXEL) {
      return "distill.prior.chunk or distill.batch-real";
    }
    return switch (config.distill().method()) {
      case MTT -> "distill.trajectory.batch-synthetic";
      case DC -> "distill.images-per-class or distill.network.width";
      case DM -> "distill.batch-real";
    };
  }
}
