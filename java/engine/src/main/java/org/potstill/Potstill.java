package org.potstill;

import java.nio.file.Path;
import java.util.List;
import org.potstill.config.Config;
import org.potstill.config.Sweep;
import org.potstill.distill.Rendering;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.evaluate.Comparison;
import org.potstill.evaluate.Evaluation;
import org.potstill.pipeline.NativeLibraries;
import org.potstill.pipeline.Rehearsal;
import org.potstill.pipeline.RunForecast;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.pipeline.RunSession;
import org.potstill.pipeline.RunThread;
import org.potstill.report.SideBySide;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunListener;
import org.potstill.sweep.SweepListener;
import org.potstill.sweep.SweepResult;
import org.potstill.sweep.SweepRunner;

/**
 * Runs Potstill inside another program.
 *
 * <p>Nothing is printed (SLF4J takes the log lines), the process is never ended, native memory is
 * given back when a call returns, and what is global to the process (LibTorch's thread counts) is
 * restored. Two runs may go on at once in different directories; they then share LibTorch's thread
 * settings, so give both the same {@code run.threads}. On a GPU they must agree on {@code
 * run.deterministic}, and neither may compute in {@code tf32}: the second is refused otherwise.
 *
 * <p>What takes long works on a thread of its own. An interrupt of the calling thread asks it to
 * stop as a {@link CancellationToken} does; the call returns when it has, and the thread is still
 * interrupted then. The token itself is not cancelled by it and may be used again. {@link #render}
 * and {@link #sideBySide} are not stopped by it.
 */
public final class Potstill {

  private Potstill() {}

  /**
   * Runs all stages of {@code config} in a new run directory.
   *
   * @param listener hears of the progress, from one thread at a time that is not the calling one
   * @throws InputException where the configuration or the data cannot be used
   * @throws RunFailedException where the run fails on the way
   */
  public static RunResult run(Config config, RunListener listener) {
    return run(config, RunOptions.NEW, listener, new CancellationToken());
  }

  /**
   * Runs all stages of {@code config} that are not finished.
   *
   * @param cancellation stops the run after its current step; what was done is kept
   * @throws InputException where the configuration or the data cannot be used
   * @throws RunFailedException where the run fails on the way
   * @throws RunCancelledException where it was asked to stop
   */
  public static RunResult run(
      Config config, RunOptions options, RunListener listener, CancellationToken cancellation) {
    return RunThread.call(
        cancellation,
        own -> {
          try (RunSession session = RunSession.openForRun(config, options, listener, own)) {
            return session.runAll();
          }
        });
  }

  /**
   * Runs one stage alone, in a run directory in which those before it are finished.
   *
   * @param stage {@code score}, {@code prune}, {@code experts}, {@code distill}, {@code evaluate}
   *     or {@code report}
   * @param options {@link RunOptions#OVERWRITE} repeats a finished stage and forgets those after it
   * @throws InputException where a stage before it is missing, or this one is finished already and
   *     {@code options} is {@link RunOptions#NEW}
   * @throws RunFailedException where the stage fails on the way
   * @throws RunCancelledException where it was asked to stop
   */
  public static RunResult runStage(
      String stage,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation) {
    return RunThread.call(
        cancellation,
        own -> {
          try (RunSession session = RunSession.openForStage(config, options, listener, own)) {
            return session.runOne(stage);
          }
        });
  }

  /**
   * Does a little of every stage of {@code config} on some of its images, in a folder that goes
   * again, and tells how long a run from its beginning will take here. Takes a minute or two, more
   * where a single step takes long.
   *
   * @throws InputException where the configuration or the data cannot be used; the run directory is
   *     not looked at, and of the images only those of a sample
   * @throws RunFailedException where a stage fails
   * @throws RunCancelledException where it was asked to stop
   */
  public static RunForecast rehearse(
      Config config, RunListener listener, CancellationToken cancellation) {
    return RunThread.call(cancellation, own -> Rehearsal.of(config, listener, own));
  }

  /**
   * Evaluates a set of synthetic images that need not be of this run, and goes on where an earlier
   * call was stopped.
   *
   * @see #evaluate(Path, Config, RunOptions, RunListener, CancellationToken)
   */
  public static RunResult evaluate(
      Path distilled, Config config, RunListener listener, CancellationToken cancellation) {
    return evaluate(distilled, config, RunOptions.RESUME, listener, cancellation);
  }

  /**
   * Evaluates a set of synthetic images that need not be of this run, under the protocol of {@code
   * config}, and writes {@code evaluation.json} into its run directory, where it takes the place of
   * the run's own.
   *
   * @param distilled a safetensors file with {@code images} and {@code labels}, or a folder of
   *     pictures, {@code CLASS/*.png}
   * @param options {@link RunOptions#OVERWRITE} measures repeats anew that an earlier call,
   *     stopped, left; the others go on with those that are missing
   * @throws InputException where the set is damaged or does not fit the data set
   * @throws RunFailedException where the evaluation fails on the way
   * @throws RunCancelledException where it was asked to stop
   */
  public static RunResult evaluate(
      Path distilled,
      Config config,
      RunOptions options,
      RunListener listener,
      CancellationToken cancellation) {
    return RunThread.call(
        cancellation,
        own -> {
          try (RunSession session =
              RunSession.openForStage(config, RunOptions.RESUME, listener, own)) {
            return session.evaluate(distilled, options.existing() == Existing.OVERWRITE);
          }
        });
  }

  /**
   * Runs the runs of a sweep one after the other, each as {@link #run} does, and writes their table
   * after each. A run that fails does not stop the others; what a listener throws does. Scores,
   * experts and trainings on baselines that another run of the sweep made with the same settings
   * are taken from it.
   *
   * @param sweep as {@link org.potstill.config.SweepLoader#load} reads it
   * @param runs those of {@code sweep} that are asked for: {@link Sweep#runs()} for all
   * @param options what is done with run directories that are already there
   * @throws InputException before anything is written, where one of the runs cannot begin
   * @throws RunCancelledException where it was asked to stop; {@link RunOptions#RESUME} goes on
   */
  public static SweepResult sweep(
      Sweep sweep,
      List<Sweep.Run> runs,
      RunOptions options,
      SweepListener listener,
      CancellationToken cancellation) {
    return RunThread.call(
        cancellation, own -> new SweepRunner(sweep, runs, listener, own).run(options));
  }

  /**
   * Makes the images of a run in a latent space anew from its latents, where the run made them; on
   * the machine of the run they come out bit-identical, from a GPU if {@code run.deterministic} was
   * set.
   *
   * @param run a run directory with {@code latents.safetensors}
   * @param out where {@code distilled/} is written; may be {@code run} itself
   * @param weights the file of the generator where it has moved; null where it has not
   * @param device where to make them: {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N};
   *     null for where the run did, or the CPU where there is no GPU
   * @return the number of images
   * @throws InputException where there are no latents, or the generator's weights are missing or
   *     others
   * @throws RunFailedException where the images cannot be written
   */
  public static int render(Path run, Path out, Path weights, String device) {
    return RunThread.call(
        new CancellationToken(), own -> Rendering.render(run, out, weights, device));
  }

  /**
   * Reads what the evaluation of a run found: accuracies by network and training set, and how they
   * were measured.
   *
   * @param run a run directory
   * @throws InputException where there is none, it was not evaluated, or the file is damaged
   */
  public static Evaluation evaluation(Path run) {
    return Evaluation.of(run);
  }

  /**
   * Compares the evaluations of two run directories, with a paired t-test for every network.
   *
   * @throws InputException where one of them was not evaluated, or they cannot be compared: they
   *     are of other data, or share no network
   */
  public static Comparison compare(Path first, Path second) {
    return Comparison.of(first, second);
  }

  /**
   * Writes one page on several runs: the images of every class side by side, with accuracies.
   *
   * @param runs finished run directories on the same data, at least two
   * @param page the HTML file to write
   * @throws InputException where a run is not finished, was distilled from other data, or there is
   *     no class that all of them have
   * @throws RunFailedException where the page cannot be written
   */
  public static void sideBySide(List<Path> runs, Path page) {
    RunThread.call(
        new CancellationToken(),
        own -> {
          SideBySide.write(runs, page);
          return page;
        });
  }

  /**
   * Loads the native libraries, which the first run does otherwise, and unpacks those that are not
   * unpacked yet: where a program starts, to learn early that it cannot run, or where the image of
   * a container is made.
   *
   * @return the folder into which they are unpacked
   * @throws InputException where that folder cannot be used
   * @throws RunFailedException where they cannot be loaded
   */
  public static Path loadNatives() {
    return RunThread.call(new CancellationToken(), own -> NativeLibraries.load());
  }

  /** Names of all stages in their order; {@code experts} is for trajectory matching only. */
  public static List<String> stages() {
    return RunSession.STAGES;
  }

  /** Names of the stages that a run of {@code config} has, in their order. */
  public static List<String> stages(Config config) {
    return RunSession.stages(config);
  }
}
