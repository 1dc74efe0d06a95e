package org.potstill.cli;

import java.nio.file.Path;
import java.util.List;
import org.potstill.Potstill;
import org.potstill.config.Config;
import org.potstill.config.Sweep;
import org.potstill.evaluate.Comparison;
import org.potstill.pipeline.RunForecast;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.sweep.SweepListener;
import org.potstill.sweep.SweepResult;

/** The engine that runs: the library itself. */
final class Library implements Engine {

  @Override
  public RunResult run(
      String stage,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation) {
    return stage == null
        ? Potstill.run(config, options, listener, cancellation)
        : Potstill.runStage(stage, config, options, listener, cancellation);
  }

  @Override
  public RunForecast rehearse(Config config, RunListener listener, CancellationToken cancellation) {
    return Potstill.rehearse(config, listener, cancellation);
  }

  @Override
  public RunResult evaluate(
      Path distilled,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation) {
    return Potstill.evaluate(distilled, config, options, listener, cancellation);
  }

  @Override
  public SweepResult sweep(
      Sweep sweep,
      List<Sweep.Run> runs,
      RunOptions options,
      SweepListener listener,
      CancellationToken cancellation) {
    return Potstill.sweep(sweep, runs, options, listener, cancellation);
  }

  @Override
  public int render(Path run, Path out, Path weights, String device) {
    return Potstill.render(run, out, weights, device);
  }

  @Override
  public Comparison compare(Path first, Path second) {
    return Potstill.compare(first, second);
  }

  @Override
  public void sideBySide(List<Path> runs, Path page) {
    Potstill.sideBySide(runs, page);
  }
}
