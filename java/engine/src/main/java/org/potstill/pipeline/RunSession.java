package org.potstill.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.potstill.config.Config;
import org.potstill.config.ConfigWriter;
import org.potstill.data.Dataset;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.evaluate.EvaluateStage;
import org.potstill.evaluate.MeasuredImages;
import org.potstill.kernels.FreedMemory;
import org.potstill.kernels.Kernels;
import org.potstill.report.ReportStage;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.ConfigText;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.run.StageLog;
import org.potstill.score.LeftOut;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.Devices;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.GpuMemory;
import org.potstill.tensor.GpuTenancy;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

/** A run directory, a data set and the process-wide settings, held while stages run. */
public final class RunSession implements AutoCloseable {

  /** Names of the stages in their order; {@code experts} for trajectory matching only. */
  public static final List<String> STAGES =
      List.of("score", "prune", "experts", "distill", "evaluate", "report");

  /** How devices and kernels that are no GPU's do not begin. */
  private static final String GPU = "cuda";

  /** Those of {@link #STAGES} that a run of {@code config} has. */
  public static List<String> stages(Config config) {
    return Pipeline.names(config);
  }

  private final Config config;
  private final Existing existing;
  private final RunDirectory directory;
  private final Dataset data;
  private final LibTorch.ThreadSettings threads;
  private final GpuTenancy tenancy;
  private final Determinism determinism;
  private final StageRunner runner;
  private final RunContext context;
  private final Kernels kernels;

  RunSession(
      Config config,
      Placement placement,
      Existing existing,
      RunDirectory directory,
      Dataset data,
      Kernels kernels,
      GpuTenancy tenancy,
      RunListener listener,
      CancellationToken cancellation) {
    this.config = config;
    this.existing = existing;
    this.directory = directory;
    this.data = data;
    this.kernels = kernels;
    int count = config.run().threadCount();
    Kernels hostKernels = kernels.onDevice() ? EngineKernels.byName("auto", count) : kernels;
    this.context =
        new RunContext(
            directory, listener, cancellation, config.run().seed(), count, placement.name());
    this.runner =
        new StageRunner(
            Pipeline.stages(config, data, context, kernels, hostKernels),
            RunIdentity.values(config, placement, directory.stages()),
            stage ->
                stage.tests() ? data.fingerprint() : TrainingIdentity.of(data, directory.stages()),
            Environment.describe(kernels, count, placement),
            context,
            this::writeConfig);
    this.tenancy = tenancy;
    // Last, so that nothing is changed in the process where one of the lines above fails.
    this.determinism = Determinism.of(config.run().deterministic(), placement);
    try {
      this.threads = LibTorch.withThreads(count);
    } catch (RuntimeException | Error e) {
      determinism.close();
      throw e;
    }
  }

  /** Opens the run directory of {@code config} for all its stages. */
  public static RunSession openForRun(
      Config config, RunOptions options, RunListener listener, CancellationToken cancellation) {
    return open(config, options.existing(), true, listener, cancellation);
  }

  /** Opens the run directory of {@code config}, made by earlier stages, for a single one. */
  public static RunSession openForStage(
      Config config, RunOptions options, RunListener listener, CancellationToken cancellation) {
    return open(config, options.existing(), false, listener, cancellation);
  }

  private static RunSession open(
      Config config,
      Existing existing,
      boolean whole,
      RunListener listener,
      CancellationToken cancellation) {
    // First all that can be wrong, so that then no run directory is made or overwritten.
    Objects.requireNonNull(listener, "listener");
    Objects.requireNonNull(cancellation, "cancellation");
    Placement placement = new Devices().choose(config.run().device(), "run.device");
    Kernels kernels =
        EngineKernels.byName(config.run().kernels(), config.run().threadCount(), placement);
    Dataset data = OpenedData.of(config, listener, cancellation);
    return open(config, placement, kernels, data, existing, whole, listener, cancellation);
  }

  /** Opens a session over {@code data}, which is closed where that fails. */
  static RunSession open(
      Config config,
      Placement placement,
      Kernels kernels,
      Dataset data,
      Existing existing,
      boolean whole,
      RunListener listener,
      CancellationToken cancellation) {
    Path out = config.run().out();
    RunDirectory directory = null;
    GpuTenancy tenancy = null;
    try {
      // Before the images, which may take minutes.
      if (requireSound(config, data, existing, whole)) {
        HeldImages.warn(config, data, HeldImages.Room.of(placement, out), listener);
        MeasuredImages.requireReadable(config, data, OpenedData.STAGE, listener, cancellation);
      }
      tenancy = GpuTenancy.begin(placement, config.run().deterministic(), config.usesTf32());
      directory = RunDirectory.open(out, ofDirectory(existing, whole));
      if (existing == Existing.RESUME) {
        ResumeRules.check(directory.root(), config);
      }
      return new RunSession(
          config, placement, existing, directory, data, kernels, tenancy, listener, cancellation);
    } catch (RuntimeException | Error e) {
      // As in close(); what fails there does not hide why.
      try (RunDirectory openedDirectory = directory;
          Dataset openedData = data;
          GpuTenancy openedTenancy = tenancy) {
        throw e;
      }
    }
  }

  /**
   * Checks what a session would refuse when it is opened, as far as can be told without reading an
   * image; makes nothing.
   *
   * @param stage the single one that it would be for; null for all
   * @throws InputException as {@link #openForRun}, {@link #openForStage} and {@link #runOne} do
   */
  public static void requireStart(Config config, Dataset data, RunOptions options, String stage) {
    if (stage != null) {
      StageRunner.requireStage(stages(config), stage);
    }
    requireSound(config, data, options.existing(), stage == null);
    if (options.existing() == Existing.RESUME) {
      ResumeRules.check(config.run().out(), config);
    }
  }

  /**
   * Whether a configuration names a GPU, or the kernels of one, outright: {@link #requireDevice}
   * then loads LibTorch.
   */
  public static boolean namesDevice(Config config) {
    return config.run().device().startsWith(GPU) || config.run().kernels().equals(GPU);
  }

  /**
   * Checks that the device and the kernels of a configuration can be had here, as a session does
   * when it is opened; of those that are not named outright nothing is asked.
   *
   * @throws InputException where they cannot
   */
  public static void requireDevice(Config config) {
    if (namesDevice(config)) {
      Placement placement = new Devices().choose(config.run().device(), "run.device");
      EngineKernels.byName(config.run().kernels(), config.run().threadCount(), placement);
    }
  }

  /** Whether it is a whole run that begins, rather than one that goes on or a single stage. */
  private static boolean requireSound(
      Config config, Dataset data, Existing existing, boolean whole) {
    Path out = config.run().out();
    // What finished stages needed may be gone, and is not needed any more.
    boolean begins = whole && (existing != Existing.RESUME || StageLog.in(out).entries().isEmpty());
    if (begins) {
      Preflight.check(config, data);
    } else {
      EvaluateStage.requireNetworks(config, data);
    }
    RunDirectory.requireOpenable(out, ofDirectory(existing, whole));
    return begins;
  }

  /** A single stage works in the directory of those before it. */
  private static Existing ofDirectory(Existing existing, boolean whole) {
    return whole ? existing : Existing.RESUME;
  }

  private void writeConfig() {
    AtomicFiles.writeString(directory.resolve(ConfigText.FILE), ConfigWriter.toYaml(config));
  }

  /** Runs every stage that is not finished. */
  public RunResult runAll() {
    data.warnings().forEach(warning -> context.listener().warning(OpenedData.STAGE, warning));
    List<String> ran = runner.runAll();
    if (!Files.exists(directory.resolve(ConfigText.FILE))) {
      // Deleted since it was damaged, of a run that is finished.
      writeConfig();
    }
    return result(ran);
  }

  /**
   * Runs the stage called {@code name} alone.
   *
   * @throws InputException where it was stopped and a key changed that it depends on
   */
  public RunResult runOne(String name) {
    if (existing == Existing.FAIL) {
      // Here, since by the time its checkpoint is looked at the configuration is replaced.
      runner
          .begun(name)
          .ifPresent(stage -> ResumeRules.check(directory.root(), config, stage::dependsOn));
    }
    boolean ran = runner.runOne(name, existing == Existing.OVERWRITE);
    if (!ran && existing == Existing.FAIL) {
      throw new InputException(
          "stage " + name + " of " + directory.root() + " is finished; --overwrite repeats it");
    }
    return result(ran ? List.of(name) : List.of());
  }

  /**
   * Evaluates a set that need not be of this run. The directory's own evaluation is forgotten,
   * since its file is replaced.
   *
   * @param anew whether repeats that an earlier call left are measured again
   */
  public RunResult evaluate(Path distilled, boolean anew) {
    EvaluateStage stage = Pipeline.evaluateStage(config, data, context, kernels);
    // Before anything is forgotten.
    stage.requireFit(distilled);
    directory.stages().remove(EvaluateStage.NAME);
    directory.stages().remove(ReportStage.NAME);
    if (anew) {
      directory.forgetProgress(EvaluateStage.OTHER_SETS);
    }
    writeConfig();
    context.listener().stageStarted(EvaluateStage.NAME);
    long start = System.nanoTime();
    GpuMemory.explain(
        EvaluateStage.NAME, GpuMemory.lower(EvaluateStage.BATCH), () -> stage.run(distilled, anew));
    context.listener().stageFinished(EvaluateStage.NAME, (System.nanoTime() - start) / 1e9);
    return result(List.of(EvaluateStage.NAME));
  }

  private RunResult result(List<String> ran) {
    int leftOut = LeftOut.read(directory.resolve(LeftOut.FILE)).reasons().size();
    return new RunResult(directory.root(), ran, leftOut);
  }

  /** Restores the process-wide settings and gives the run directory back. */
  @Override
  public void close() {
    // From last to first, each even where one before it fails.
    try (directory;
        data;
        tenancy;
        determinism) {
      threads.close();
    } finally {
      FreedMemory.giveBack();
    }
  }
}
