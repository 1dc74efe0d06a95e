package org.potstill.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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
      line.add(score(config, data, context, kernels));
    }
    line.add(prune(config, data, context, hostKernels, scored));
    if (needsExperts(config)) {
      line.add(experts(config, data, context, kernels));
    }
    line.add(distill(config, data, context, kernels));
    line.add(evaluate(config, data, context, kernels));
    line.add(report(context));
    return line;
  }

  private static Stage score(Config config, Dataset data, RunContext context, Kernels kernels) {
    return Stage.named(ScoreStage.NAME)
        .configKeys(computed("data", "score"))
        .outputs(Scores.FILE)
        .transitory()
        .check(() -> Preflight.checkScore(config, data))
        .work(
            () ->
                GpuMemory.explain(
                    ScoreStage.NAME,
                    GpuMemory.lower(ScoreStage.BATCH),
                    new ScoreStage(config, data, context, kernels)::run));
  }

  private static Stage prune(
      Config config, Dataset data, RunContext context, Kernels hostKernels, boolean scored) {
    return Stage.named(PruneStage.NAME)
        .configKeys("run.seed", "data", "prune")
        .inputs(scored ? new String[] {Scores.FILE} : new String[0])
        .outputs(CoreSet.FILE)
        .check(() -> PruneStage.kept(config.prune(), data))
        .work(() -> new PruneStage(config.prune(), data, context, hostKernels).run());
  }

  /** It has no outputs: each file says itself what it was made of; hashing all takes minutes. */
  private static Stage experts(Config config, Dataset data, RunContext context, Kernels kernels) {
    return Stage.named(ExpertsStage.NAME)
        .configKeys(
            computed(
                "data",
                "experts",
                "distill.network",
                "distill.augment",
                "distill.trajectory.expert-epochs",
                "distill.trajectory.max-start-epoch"))
        .growing("experts.count")
        .inputs(CoreSet.FILE)
        .kept(ExpertFile.FOLDER)
        .check(() -> Preflight.checkExperts(config, data, kept(data, context)))
        .work(
            () ->
                GpuMemory.explain(
                    ExpertsStage.NAME,
                    GpuMemory.lower(ExpertsStage.BATCH),
                    new ExpertsStage(config, data, context, kernels)::run));
  }

  private static Stage distill(Config config, Dataset data, RunContext context, Kernels kernels) {
    return Stage.named(DistillStage.NAME)
        .configKeys(computed("data", "distill"))
        .growing("distill.iterations")
        .inputs(CoreSet.FILE)
        .outputs(DistilledSet.FILE)
        .versions(DistilledSet.HISTORY_FOLDER)
        .restorable(() -> DistillStage.canRestore(config, context.directory()))
        .check(() -> DistillStage.requireInputs(config, data, kept(data, context)))
        .work(
            () ->
                GpuMemory.explain(
                    DistillStage.NAME,
                    GpuMemory.lower(largest(config)),
                    new DistillStage(config, data, context, kernels)::run));
  }

  /** The images are among its outputs, since it may choose those of an earlier iteration. */
  private static Stage evaluate(Config config, Dataset data, RunContext context, Kernels kernels) {
    return Stage.named(EvaluateStage.NAME)
        .configKeys(computed("data", "evaluate"))
        .tests()
        .repeatable()
        .outputs("evaluation.json", DistilledSet.FILE)
        .kept(EvaluateStage.TRIALS)
        .check(
            () -> {
              Preflight.checkEvaluate(config, data);
              // It may be gone, since this run may have all that it took.
              EvaluateStage.requireOtherLender(config);
              evaluateStage(config, data, context, kernels).requireImages();
            })
        .work(
            () ->
                GpuMemory.explain(
                    EvaluateStage.NAME,
                    GpuMemory.lower(EvaluateStage.BATCH),
                    evaluateStage(config, data, context, kernels)::run));
  }

  private static Stage report(RunContext context) {
    return Stage.named(ReportStage.NAME)
        .configKeys("run.name")
        .tests()
        .repeatable()
        .inputs("evaluation.json")
        .outputs("report.html")
        .work(() -> new ReportStage(context, Environment.versions()).run());
  }

  /** What a stage depends on that computes with tensors, and {@code own}. */
  private static String[] computed(String... own) {
    return Stream.concat(
            Stream.of("run.seed", StageFit.THREADS, StageFit.DEVICE, StageFit.DETERMINISTIC),
            Stream.of(own))
        .toArray(String[]::new);
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
