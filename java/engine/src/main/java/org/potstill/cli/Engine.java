package org.potstill.cli;

import java.nio.file.Path;
import java.util.List;
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

/** What the running commands call. */
interface Engine {

  /**
   * Runs one stage, or all of them.
   *
   * @param stage null for all
   */
  RunResult run(
      String stage,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation);

  /** Does a little of every stage, to tell how long the run will take. */
  RunForecast rehearse(Config config, RunListener listener, CancellationToken cancellation);

  /**
   * Evaluates a set of synthetic images that need not be of this run.
   *
   * @param distilled a safetensors file or a folder of pictures
   */
  RunResult evaluate(
      Path distilled,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation);

  /**
   * Runs some of the runs of a sweep.
   *
   * @param runs those that are asked for
   */
  SweepResult sweep(
      Sweep sweep,
      List<Sweep.Run> runs,
      RunOptions options,
      SweepListener listener,
      CancellationToken cancellation);

  /**
   * Makes the images of a run anew from its latents.
   *
   * @param weights the file of the generator where it has moved, else null
   * @return the number of images
   */
  int render(Path run, Path out, Path weights, String device);

  /** Sets the evaluations of two run directories side by side. */
  Comparison compare(Path first, Path second);

  /**
   * Writes one page on several runs.
   *
   * @param page the HTML file
   */
  void sideBySide(List<Path> runs, Path page);
}
