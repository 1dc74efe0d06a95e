package org.potstill.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.potstill.config.Config;
import org.potstill.config.ScoreConfig;
import org.potstill.config.Sweep;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.pipeline.Preflight;
import org.potstill.pipeline.RunSession;
import org.potstill.run.CancellationToken;
import org.potstill.run.ConfigText;
import org.potstill.run.RunDirectory;
import org.potstill.score.ScoreStage;
import org.potstill.sweep.OpenDatasets;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.CheckpointReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Checks a config and what it names, without running or writing anything. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false)
final class ValidateCommand implements Callable<Integer>, HasOutput {

  @Mixin private ConfigOptions options;
  @Mixin private Output output;
  @Mixin private NativeOptions natives;

  private final Streams streams;

  /** Of many runs of a sweep the same is said once. */
  private final Set<String> told = new HashSet<>();

  ValidateCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public Integer call() {
    if (options.isSweep()) {
      return validateSweep();
    }
    Config config = options.loadAndWarn(streams, output);
    try (Logging logging = Logging.setUp(streams, output);
        Dataset data = Progress.open(config, streams, output, new CancellationToken())) {
      String line = check(config, data);
      checkRunDirectory(config.run().out());
      if (output.json()) {
        JsonLines.print(streams.out(), Map.of("event", "valid", "data", line));
      } else if (!output.quiet()) {
        streams.out().println(options.file() + " is fine: " + line);
      }
      return 0;
    }
  }

  private int validateSweep() {
    Sweep sweep = options.loadSweep();
    try (Logging logging = Logging.setUp(streams, output);
        OpenDatasets datasets = new OpenDatasets()) {
      RunDirectory.requireWritable(sweep.out());
      for (Sweep.Run run : sweep.runs()) {
        String line;
        try {
          line = check(run.config(), datasets.of(run.config()));
        } catch (InputException e) {
          throw new InputException("run " + run.folder() + ": " + e.getMessage(), e);
        }
        if (output.json()) {
          JsonLines.print(
              streams.out(), Map.of("event", "valid", "run", run.folder(), "data", line));
        } else if (!output.quiet()) {
          streams.out().println(run.folder() + " is fine: " + line);
        }
      }
      return 0;
    }
  }

  /** Checks a config and what it names; what there is to say of its data. */
  private String check(Config config, Dataset data) {
    data.warnings().forEach(warning -> Warning.print(streams, output, "data", warning));
    Preflight.check(config, data);
    checkScore(config);
    remarkOnDevice(config);
    return DataLine.of(data);
  }

  /** A config may be written for another machine. */
  private void remarkOnDevice(Config config) {
    try {
      DryRun.requireDevice(config, natives);
    } catch (InputException e) {
      if (told.add(e.getMessage())) {
        Warning.print(streams, output, null, "on this machine it would not run: " + e.getMessage());
      }
    }
  }

  private void checkScore(Config config) {
    ScoreConfig score = config.score();
    if (score.weights() == null || !RunSession.stages(config).contains(ScoreStage.NAME)) {
      return;
    }
    natives.apply();
    try (NamedTensors weights = CheckpointReader.state(score.weights())) {
      if (weights.names().isEmpty()) {
        throw new InputException("score.weights: " + score.weights() + " holds no tensor");
      }
    }
  }

  private void checkRunDirectory(Path out) {
    RunDirectory.requireWritable(out);
    if (Files.exists(out.resolve(ConfigText.FILE))) {
      Warning.print(
          streams,
          output,
          null,
          "the run directory " + out + " exists; a run in it needs --resume or --overwrite");
    }
  }
}
