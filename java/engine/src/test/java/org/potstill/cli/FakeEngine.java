package org.potstill.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.potstill.config.Config;
import org.potstill.config.Sweep;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.evaluate.Comparison;
import org.potstill.pipeline.RunForecast;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.report.SweepTable;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.sweep.SweepListener;
import org.potstill.sweep.SweepResult;

/** Does what the run's name says, without any data. */
final class FakeEngine implements Engine {

  /**
   * In the run directory: the step of a run called wait, once it is to stop, lasts until it is
   * there.
   */
  static final String STEP_ENDS = "step-ends";

  /** The command line over this engine, for other processes. */
  public static void main(String[] arguments) {
    System.exit(Main.execute(new FakeEngine(), Streams.ofProcess(), arguments));
  }

  @Override
  public RunResult run(
      String stage,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation) {
    try {
      Files.createDirectories(config.run().out());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    listener.stageStarted(stage == null ? "all" : stage);
    listener.progress("distill", "distilling", 1, 2, "iterations");
    listener.metric("distill", 1, "loss", Double.NaN);
    switch (config.run().name()) {
      case "wait" -> waitForCancellation(cancellation, config.run().out().resolve(STEP_ENDS));
      case "heap" -> throw new OutOfMemoryError("Java heap space");
      case "bug" -> throw new IllegalStateException("one\ntwo");
      case "memory" ->
          throw new RuntimeException(
              "[enforce fail at alloc_cpu.cpp:118] data. DefaultCPUAllocator: can't allocate"
                  + " memory: you tried to allocate 5898240000 bytes\nframe #0: x");
      case "gpu" -> throw new RuntimeException("CUDA error: out of memory\nframe #0: x");
      default -> listener.warning("score", "a class keeps no image");
    }
    listener.stageFinished(stage == null ? "all" : stage, 1.5);
    int leftOut =
        switch (config.run().name()) {
          case "left-out" -> 2;
          case "one-left-out" -> 1;
          default -> 0;
        };
    List<String> stages = stage == null ? List.of("score", "evaluate", "report") : List.of(stage);
    return new RunResult(config.run().out(), stages, leftOut);
  }

  @Override
  public RunForecast rehearse(Config config, RunListener listener, CancellationToken cancellation) {
    listener.stageStarted("score");
    listener.progress("score", "scoring", 64, 128, "images");
    if (config.run().out().endsWith("fails")) {
      throw new RunFailedException("the disk is full");
    }
    return new RunForecast(
        List.of(
            new RunForecast.StageTime("score", 440, "45 ms per image"),
            new RunForecast.StageTime("distill", 3800.5, "1.9 s per iteration")));
  }

  @Override
  public RunResult evaluate(
      Path distilled,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation) {
    listener.warning("evaluate", "evaluating " + distilled + ", " + options.existing());
    return new RunResult(config.run().out(), List.of("evaluate"), 0);
  }

  /** Fails the runs whose folder says so. */
  @Override
  public SweepResult sweep(
      Sweep sweep,
      List<Sweep.Run> runs,
      RunOptions options,
      SweepListener listener,
      CancellationToken cancellation) {
    List<RunResult> finished = new ArrayList<>();
    Map<Sweep.Run, Throwable> failed = new LinkedHashMap<>();
    for (Sweep.Run run : runs) {
      RunListener progress = listener.runStarted(run, runs.indexOf(run) + 1, runs.size());
      RunResult result = run(null, run.config(), options, progress, cancellation);
      if (run.folder().contains("fails")) {
        RuntimeException reason = new RunFailedException("the disk is full");
        failed.put(run, reason);
        listener.runFailed(run, reason);
      } else {
        finished.add(result);
        listener.runFinished(run, result);
      }
    }
    Map<Sweep.Run, SweepTable.Failure> failures = new LinkedHashMap<>();
    failed.forEach((run, reason) -> failures.put(run, SweepTable.Failure.of(run, reason)));
    return new SweepResult(sweep.out(), SweepTable.read(sweep, failures), finished, failed);
  }

  @Override
  public int render(Path run, Path out, Path weights, String device) {
    return 1;
  }

  @Override
  public Comparison compare(Path first, Path second) {
    Comparison.Row tested =
        new Comparison.Row(
            "convnet", 5, 0.5, 0.525, OptionalDouble.of(0.0125), OptionalDouble.of(0.0042));
    Comparison.Row single =
        new Comparison.Row("vit", 1, 0.3, 0.2, OptionalDouble.empty(), OptionalDouble.empty());
    return new Comparison(List.of(tested, single), List.of("one repeat allows no test"));
  }

  @Override
  public void sideBySide(List<Path> runs, Path page) {
    try {
      Files.writeString(page, runs.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void waitForCancellation(CancellationToken cancellation, Path stepEnds) {
    try {
      while (!cancellation.isCancelled() || !Files.exists(stepEnds)) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      throw new RunCancelledException("interrupted twice", e);
    }
    cancellation.throwIfCancelled();
  }
}
