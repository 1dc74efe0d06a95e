package org.potstill.cli;

import java.nio.file.Path;
import org.potstill.config.Config;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Evaluates the images of the run, or a set from elsewhere. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class EvaluateCommand extends RunningCommand {

  @Option(
      names = "--distilled",
      paramLabel = "FILE|DIR",
      description =
          "Evaluate this set instead of the run's own: a safetensors file with images and labels,"
              + " or a folder of pictures, CLASS/*.png.")
  private Path distilled;

  /** The command over {@code engine}. */
  EvaluateCommand(Engine engine, Streams streams) {
    super("evaluate", engine, streams);
  }

  @Override
  RunResult run(
      Config config, RunOptions options, RunListener listener, CancellationToken cancellation) {
    return distilled == null
        ? super.run(config, options, listener, cancellation)
        : engine().evaluate(distilled, config, options, listener, cancellation);
  }
}
