package org.potstill.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.potstill.config.Config;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs all stages, or one alone in a run directory in which those before it are finished. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
class RunningCommand implements Callable<Integer>, HasOutput {

  @Mixin private ConfigOptions config;
  @Mixin private Output output;
  @Mixin private NativeOptions natives;

  @ArgGroup(exclusive = true)
  private Existing existing;

  @Option(
      names = "--dry-run",
      description = "Show what would be run and what it would need; run nothing.")
  private boolean dryRun;

  private final String stage;
  private final Engine engine;
  private final Streams streams;

  /** Runs {@code stage}; all of them where it is null. */
  RunningCommand(String stage, Engine engine, Streams streams) {
    this.stage = stage;
    this.engine = engine;
    this.streams = streams;
  }

  /** What is done with a run directory that is already there. */
  static final class Existing {
    @Option(names = "--resume", description = "Continue the run in the run directory.")
    private boolean resume;

    @Option(
        names = "--overwrite",
        description = "First delete what an earlier run wrote; for a single stage, repeat it.")
    private boolean overwrite;

    private RunOptions options() {
      return resume ? RunOptions.RESUME : overwrite ? RunOptions.OVERWRITE : RunOptions.NEW;
    }
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public Integer call() {
    Config resolved = config.loadAndWarn(streams, output);
    warnWhereNothingIsResumed(resolved.run().out());
    Logging logging = Logging.setUp(streams, output);
    CancellationToken cancellation = new CancellationToken();
    if (dryRun) {
      try (Interrupts interrupts = Interrupts.cancel(cancellation, streams.err())) {
        new DryRun(resolved, natives, cancellation).print(stage, options(), streams, output);
        return 0;
      } finally {
        logging.close();
      }
    }
    try (Interrupts interrupts = Interrupts.cancel(cancellation, streams.err());
        ProgressListener listener = Progress.listener(streams, output, logging, resolved)) {
      natives.apply();
      RunResult result = run(resolved, options(), listener, cancellation);
      return Summary.of(result).report(streams, output);
    } finally {
      logging.close();
    }
  }

  /** A mistyped folder, or another {@code run.name}, would begin a run that was never wanted. */
  private void warnWhereNothingIsResumed(Path out) {
    if (options().equals(RunOptions.RESUME) && Files.notExists(out)) {
      String begins = stage == null && !dryRun ? "; one begins there" : "";
      Warning.print(streams, output, null, "there is no run in " + out + " to resume" + begins);
    }
  }

  /** Does what the command is for. */
  RunResult run(
      Config config, RunOptions options, RunListener listener, CancellationToken cancellation) {
    return engine.run(stage, config, options, listener, cancellation);
  }

  /** Says where native libraries are unpacked, before one is loaded. */
  final void applyNatives() {
    natives.apply();
  }

  /** Where native libraries are unpacked. */
  final NativeOptions natives() {
    return natives;
  }

  /** What does the work. */
  final Engine engine() {
    return engine;
  }

  /** The config and what overrides it. */
  final ConfigOptions config() {
    return config;
  }

  /** Where the command writes to. */
  final Streams streams() {
    return streams;
  }

  /** Whether nothing is to be run. */
  final boolean isDryRun() {
    return dryRun;
  }

  /** What is done with a run directory that is already there. */
  final RunOptions options() {
    return existing == null ? RunOptions.NEW : existing.options();
  }
}
