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
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.SampledDataset;
import org.potstill.distill.DistillStage;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.evaluate.EvaluationNeeds;
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
import org.potstill.tensor.SideBySide;

/**
 * Does a little of every stage that takes long, on some of the images and in a folder that goes
 * again, to find out how long the whole will take: and whether each stage works at all before hours
 * have gone into those before it.
 *
 * <p>The stages are those of a run. What follows from their pace is arithmetic on settings.
 */
public final class Rehearsal {

  private static final double SECONDS = 5;

  /** The first batch warms up, the others are timed. */
  private static final int BATCHES_TO_SCORE = 4;

  private static final int TESTS_PER_CLASS = 4;

  private final Config config;
  private final Dataset data;
  private final Desk desk;
  private final double enough;
  private final RunListener listener;
  private final CancellationToken cancellation;

  /** Where stages work. */
  private record Desk(RunDirectory directory, Placement placement, Kernels kernels) {}

  private Rehearsal(
      Config config,
      Dataset data,
      Desk desk,
      double enough,
      RunListener listener,
      CancellationToken cancellation) {
    this.config = config;
    this.data = data;
    this.desk = desk;
    this.enough = enough;
    this.listener = listener;
    this.cancellation = cancellation;
  }

  /**
   * How long the run of a configuration will take here, from its beginning, if nothing else
   * computes beside it. Takes a minute or two, more where two units of a stage take longer.
   *
   * @param listener hears of the stages that begin and of their progress
   * @throws org.potstill.errors.InputException where the configuration or the data cannot be used;
   *     the run directory is not looked at, and of the images only those of the samples
   * @throws RunFailedException where a stage fails, for example for lack of memory
   * @throws RunCancelledException where it was asked to stop
   */
  public static RunForecast of(
      Config config, RunListener listener, CancellationToken cancellation) {
    try {
      return of(config, TemporaryFolder.ofSystem(), SECONDS, listener, cancellation);
    } catch (RunCancelledException e) {
      throw new RunCancelledException("interrupted; there is nothing to resume", e);
    }
  }

  /**
   * The same.
   *
   * @param place the folder for the one that goes again
   * @param enough seconds that every stage is timed for
   */
  static RunForecast of(
      Config config,
      Path place,
      double enough,
      RunListener listener,
      CancellationToken cancellation) {
    int threads = config.run().threadCount();
    Placement placement = new Devices().choose(config.run().device(), "run.device");
    Kernels kernels = EngineKernels.byName(config.run().kernels(), threads, placement);
    boolean deterministic = config.run().deterministic();
    try (Dataset data = OpenedData.of(config, listener, cancellation)) {
      Preflight.check(config, data);
      List<StageTime> experts = experts(config, data, listener, cancellation);
      try (GpuTenancy tenancy = GpuTenancy.begin(placement, deterministic, config.usesTf32());
          Determinism determinism = Determinism.of(deterministic, placement);
          LibTorch.ThreadSettings settings = LibTorch.withThreads(threads);
          TemporaryFolder folder = new TemporaryFolder(place, "potstill-rehearsal-");
          RunDirectory directory = RunDirectory.open(folder.path(), Existing.FAIL)) {
        Desk desk = new Desk(directory, placement, kernels);
        return new Rehearsal(config, data, desk, enough, listener, cancellation).forecast(experts);
      } finally {
        FreedMemory.giveBack();
      }
    }
  }

  /** Before anything else holds the device: they are timed on a step, without images. */
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
    RehearsedSample sample =
        RehearsedSample.of(config.distill(), PruneStage.kept(config.prune(), data));
    Dataset some = SampledDataset.of(data, sample.counts(), TESTS_PER_CLASS, this::isWanted);
    stages.add(distill(some, sample.more()));
    stages.add(evaluate(some));
    return new RunForecast(stages);
  }

  /** Where images may be left out, those that cannot be read: scoring would find them. */
  private boolean isWanted(ImageRecord image) {
    cancellation.throwIfCancelled();
    if (config.data().onBadImage() == DataConfig.OnBadImage.FAIL) {
      return true;
    }
    try {
      data.read(image);
      return true;
    } catch (BadImageException e) {
      return false;
    }
  }

  private StageTime score() {
    int[] counts = new int[data.classKeys().size()];
    Arrays.fill(counts, BATCHES_TO_SCORE * config.score().batch() / counts.length + 1);
    Dataset some = SampledDataset.of(data, counts, TESTS_PER_CLASS, image -> true);
    double more = data.training().size() / (double) some.training().size();
    if (!config.score().trained()) {
      Pace pace = pace(ScoreStage.NAME, "images"::equals, 1, config, some);
      return time(ScoreStage.NAME, pace, more);
    }
    SideBySide folds = ScoreStage.trainedSideBySide(config, data, desk.placement());
    Pace pace = pace(ScoreStage.NAME, "steps"::equals, folds.workers(), config, some);
    return time(ScoreStage.NAME, pace, more * folds.stretch(config.score().folds()));
  }

  private StageTime distill(Dataset some, double more) {
    Config alone =
        config.withOneExpert().withTrialsOfLastImages(config.evaluate().networks().get(0));
    writeCoreSet(some);
    if (Pipeline.needsExperts(config)) {
      run(ExpertsStage.NAME, alone, some, context(RunListener.SILENT, cancellation));
    }
    Pace pace = pace(DistillStage.NAME, unit -> !unit.equals("images"), 1, alone, some);
    return time(DistillStage.NAME, pace, more);
  }

  /** Of a stage whose units are so many times as many, or as long. */
  private static StageTime time(String stage, Pace pace, double more) {
    return new StageTime(stage, pace.start() + more * pace.total() * pace.perUnit(), pace.words());
  }

  private StageTime evaluate(Dataset some) {
    takeImages();
    Map<String, EvaluationTime.Epoch> epochs = new LinkedHashMap<>();
    List<String> words = new ArrayList<>();
    for (String network : config.evaluate().networks()) {
      SideBySide trials = EvaluationNeeds.sideBySide(config, data, network, desk.placement());
      Config alone = config.withTrialsOfLastImages(network);
      desk.directory().forgetProgress(EvaluateStage.NAME);
      Pace pace = pace(EvaluateStage.NAME, "epochs"::equals, trials.workers(), alone, some);
      epochs.put(network, new EvaluationTime.Epoch(pace.perUnit(), trials));
      words.add(network + " " + pace.words());
    }
    return new StageTime(
        EvaluateStage.NAME, EvaluationTime.seconds(config, data, epochs), String.join(", ", words));
  }

  /** Runs a stage until its pace is known. */
  private Pace pace(
      String name, Predicate<String> isCounted, int atOnce, Config alone, Dataset some) {
    listener.stageStarted(name);
    CancellationToken own = cancellation.child();
    Pace pace = new Pace(isCounted, atOnce, enough, listener, own);
    try {
      run(name, alone, some, context(pace, own));
    } catch (RunCancelledException e) {
      cancellation.throwIfCancelled();
    }
    if (!pace.isKnown()) {
      throw new IllegalStateException("stage " + name + " ended without telling of progress");
    }
    return pace;
  }

  private RunContext context(RunListener heard, CancellationToken token) {
    return new RunContext(
        desk.directory(),
        heard,
        token,
        config.run().seed(),
        config.run().threadCount(),
        desk.placement().name());
  }

  private void run(String name, Config settings, Dataset some, RunContext context) {
    Pipeline.stages(settings, some, context, desk.kernels(), desk.kernels()).stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow()
        .work()
        .run();
  }

  /** The images of the sample, as if they had been kept. */
  private void writeCoreSet(Dataset some) {
    List<CoreSet.Entry> entries = new ArrayList<>();
    int[] ranks = new int[some.classKeys().size()];
    for (ImageRecord image : some.training()) {
      int c = image.classIndex();
      entries.add(new CoreSet.Entry(image.id(), some.classKeys().get(c), Float.NaN, ++ranks[c]));
    }
    new CoreSet(entries).write(desk.directory().resolve(CoreSet.FILE));
  }

  /** A distillation that was stopped has only those that it began with. */
  private void takeImages() {
    Path images = desk.directory().resolve(DistilledSet.FILE);
    if (Files.notExists(images)) {
      try {
        Files.copy(desk.directory().resolve(DistilledSet.INITIAL_FILE), images);
      } catch (IOException e) {
        throw new RunFailedException(images + " cannot be written: " + e.getMessage(), e);
      }
    }
  }
}
