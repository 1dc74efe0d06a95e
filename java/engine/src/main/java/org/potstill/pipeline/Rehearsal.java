package org.potstill.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.DistillConfig;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.data.ImageRecord;
import org.potstill.data.SampledDataset;
import org.potstill.distill.DistillStage;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.evaluate.EvaluationTime;
import org.potstill.experts.ExpertForecast;
import org.potstill.experts.ExpertsStage;
import org.potstill.kernels.FreedMemory;
import org.potstill.kernels.Kernels;
import org.potstill.pipeline.RunForecast.StageTime;
import org.potstill.prune.CoreSet;
import org.potstill.prune.PruneStage;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.run.TemporaryFolder;
import org.potstill.score.ScoreStage;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.Devices;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.GpuTenancy;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

/**
 * Does a little of every stage that takes long, on some of the images and in a folder that goes
 * again, to find out how long the whole will take: and whether each stage works at all, with these
 * weights and this memory, before hours have gone into those before it.
 *
 * <p>The stages are those of a run. What follows from their pace is arithmetic on settings.
 */
public final class Rehearsal {

  private static final double SECONDS = 5;

  /** Images of a sample at most, and bytes of them, unless more are distilled. */
  private static final long IMAGES = 4096;

  private static final long BYTES = 1L << 30;

  /** The first batch warms up, the others are timed. */
  private static final int BATCHES_TO_SCORE = 4;

  private static final int TESTS_PER_CLASS = 4;

  /** An image that is differentiated costs as much as so many that are only looked at. */
  private static final int DIFFERENTIATED = 3;

  private final Config config;
  private final Dataset data;
  private final RunDirectory directory;
  private final Placement placement;
  private final Kernels kernels;
  private final double enough;
  private final RunListener listener;
  private final CancellationToken cancellation;

  private Rehearsal(
      Config config,
      Dataset data,
      RunDirectory directory,
      Placement placement,
      Kernels kernels,
      double enough,
      RunListener listener,
      CancellationToken cancellation) {
    this.config = config;
    this.data = data;
    this.directory = directory;
    this.placement = placement;
    this.kernels = kernels;
    this.enough = enough;
    this.listener = listener;
    this.cancellation = cancellation;
  }

  /**
   * How long the run of a configuration will take here, from its beginning, if nothing else
   * computes beside it. Takes about a minute, or as long as two units of work of every stage do.
   *
   * @param listener hears of the stages and their progress
   * @throws org.potstill.errors.InputException where the run would not begin, or an image cannot be
   *     read
   * @throws RunFailedException where a stage fails, for example for lack of memory
   * @throws RunCancelledException where it was asked to stop
   */
  public static RunForecast of(
      Config config, RunListener listener, CancellationToken cancellation) {
    try {
      return of(config, SECONDS, listener, cancellation);
    } catch (RunCancelledException e) {
      throw new RunCancelledException("interrupted; there is nothing to resume", e);
    }
  }

  /** The same that times every stage for so many seconds. */
  static RunForecast of(
      Config config, double enough, RunListener listener, CancellationToken cancellation) {
    int threads = config.run().threadCount();
    Placement placement = new Devices().choose(config.run().device(), "run.device");
    Kernels kernels = EngineKernels.byName(config.run().kernels(), threads, placement);
    boolean deterministic = config.run().deterministic();
    try (Dataset data = Datasets.open(config.data(), config.run().seed())) {
      Preflight.check(config, data);
      List<StageTime> experts = experts(config, data, listener, cancellation);
      try (GpuTenancy tenancy = GpuTenancy.begin(placement, deterministic, config.usesTf32());
          Determinism determinism = Determinism.of(deterministic, placement);
          LibTorch.ThreadSettings settings = LibTorch.withThreads(threads);
          TemporaryFolder folder = new TemporaryFolder("potstill-rehearsal-");
          RunDirectory directory = RunDirectory.open(folder.path(), Existing.FAIL)) {
        return new Rehearsal(
                config, data, directory, placement, kernels, enough, listener, cancellation)
            .forecast(experts);
      } finally {
        FreedMemory.giveBack();
      }
    }
  }

  /** Before anything else holds the device: it is timed on a step, without images. */
  private static List<StageTime> experts(
      Config config, Dataset data, RunListener listener, CancellationToken cancellation) {
    if (!Pipeline.needsExperts(config) || ExpertsStage.untrained(config) == 0) {
      return List.of();
    }
    listener.stageStarted(ExpertsStage.NAME);
    ExpertForecast forecast = ExpertForecast.of(config, data, cancellation);
    return List.of(new StageTime(ExpertsStage.NAME, forecast.seconds(), forecast.plan()));
  }

  private RunForecast forecast(List<StageTime> experts) {
    List<StageTime> stages = new ArrayList<>();
    if (Pipeline.needsScores(config) && config.score().from() == null) {
      stages.add(score());
    }
    stages.addAll(experts);
    Config alone = config.withOneExpert().withNetworkAlone(config.evaluate().networks().get(0));
    int[] kept = PruneStage.kept(config.prune(), data);
    int[] sampled = sample(kept, config.distill().batchReal());
    Dataset sample = sampled(sampled);
    writeCoreSet(sample);
    if (Pipeline.needsExperts(config)) {
      run(ExpertsStage.NAME, alone, sample, context(RunListener.SILENT, cancellation));
    }
    stages.add(distill(alone, sample, ofBatches(kept) / ofBatches(sampled)));
    takeImages();
    stages.add(evaluate(sample));
    return new RunForecast(stages);
  }

  private StageTime score() {
    int batches = BATCHES_TO_SCORE * config.score().batch();
    Dataset sample = sampled(sample(sizes(data), batches / data.classKeys().size() + 1));
    String unit = config.score().trained() ? "steps" : "images";
    Pace pace = pace(ScoreStage.NAME, unit::equals, config, sample);
    double more = data.training().size() / (double) sample.training().size();
    double seconds = pace.start() + more * pace.total() * pace.perUnit();
    return new StageTime(ScoreStage.NAME, seconds, pace.words());
  }

  private StageTime distill(Config alone, Dataset sample, double more) {
    Pace pace = pace(DistillStage.NAME, unit -> !unit.equals("images"), alone, sample);
    double seconds = pace.start() + more * pace.total() * pace.perUnit();
    return new StageTime(DistillStage.NAME, seconds, pace.words());
  }

  private StageTime evaluate(Dataset sample) {
    Map<String, Double> epochs = new LinkedHashMap<>();
    List<String> words = new ArrayList<>();
    for (String network : config.evaluate().networks()) {
      directory.forgetProgress(EvaluateStage.NAME);
      Pace pace =
          pace(EvaluateStage.NAME, "epochs"::equals, config.withNetworkAlone(network), sample);
      epochs.put(network, pace.perUnit());
      words.add(network + " " + pace.words());
    }
    return new StageTime(
        EvaluateStage.NAME, EvaluationTime.seconds(config, data, epochs), String.join(", ", words));
  }

  /** Runs a stage until its pace is known. */
  private Pace pace(String name, Predicate<String> isCounted, Config alone, Dataset sample) {
    listener.stageStarted(name);
    CancellationToken own = cancellation.child();
    Pace pace = new Pace(isCounted, enough, listener, own);
    try {
      run(name, alone, sample, context(pace, own));
    } catch (RunCancelledException e) {
      cancellation.throwIfCancelled();
    } catch (RunFailedException e) {
      // Of a sample a training may diverge that does not of all images.
      if (!pace.isKnown()) {
        throw e;
      }
    }
    if (!pace.isKnown()) {
      throw new IllegalStateException("stage " + name + " ended without telling of progress");
    }
    return pace;
  }

  private RunContext context(RunListener heard, CancellationToken token) {
    return new RunContext(
        directory, heard, token, config.run().seed(), config.run().threadCount(), placement.name());
  }

  private void run(String name, Config settings, Dataset sample, RunContext context) {
    Pipeline.stages(settings, sample, context, kernels, kernels).stream()
        .filter(stage -> stage.name().equals(name))
        .forEach(stage -> stage.work().run());
  }

  /** Images of every class in a sample, where it is to have {@code wanted} of those there are. */
  private int[] sample(int[] there, int wanted) {
    long bytes = (long) Float.BYTES * data.channels() * data.resolution() * data.resolution();
    long fit = Math.min(IMAGES, BYTES / bytes) / there.length;
    long most = Math.max(Math.min(wanted, fit), config.distill().imagesPerClass());
    return Arrays.stream(there).map(count -> (int) Math.min(count, most)).toArray();
  }

  private Dataset sampled(int[] perClass) {
    boolean readable = config.data().onBadImage() == DataConfig.OnBadImage.SKIP;
    return SampledDataset.of(data, perClass, TESTS_PER_CLASS, readable);
  }

  private static int[] sizes(Dataset data) {
    int[] sizes = new int[data.classKeys().size()];
    data.training().forEach(image -> sizes[image.classIndex()]++);
    return sizes;
  }

  /** What an iteration costs whose batches are drawn from so many images of every class. */
  private double ofBatches(int[] there) {
    DistillConfig distill = config.distill();
    double synthetic = (double) DIFFERENTIATED * there.length * distill.imagesPerClass();
    boolean real = distill.method() != DistillConfig.Method.MTT;
    return synthetic
        + (real ? Arrays.stream(there).map(n -> Math.min(n, distill.batchReal())).sum() : 0);
  }

  /** Those of the sample, as if they had been kept. */
  private void writeCoreSet(Dataset sample) {
    List<CoreSet.Entry> entries = new ArrayList<>();
    int[] ranks = new int[sample.classKeys().size()];
    for (ImageRecord image : sample.training()) {
      int c = image.classIndex();
      entries.add(new CoreSet.Entry(image.id(), sample.classKeys().get(c), Float.NaN, ++ranks[c]));
    }
    new CoreSet(entries).write(directory.resolve(CoreSet.FILE));
  }

  /** A distillation that was stopped has only those that it began with. */
  private void takeImages() {
    Path images = directory.resolve(DistilledSet.FILE);
    if (Files.notExists(images)) {
      try {
        Files.copy(directory.resolve(DistilledSet.INITIAL_FILE), images);
      } catch (IOException e) {
        throw new RunFailedException(images + " cannot be written: " + e.getMessage(), e);
      }
    }
  }
}
