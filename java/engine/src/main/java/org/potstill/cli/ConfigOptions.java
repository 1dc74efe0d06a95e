package org.potstill.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.potstill.config.Config;
import org.potstill.config.ConfigFile;
import org.potstill.config.ConfigLoader;
import org.potstill.config.Setting;
import org.potstill.config.Sweep;
import org.potstill.config.SweepLoader;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The config file and the options that override it. */
final class ConfigOptions {

  @Parameters(paramLabel = "CONFIG", description = "The YAML file; 'init' writes one.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Override a key of the config, for example prune.keep=0.5; may be repeated. Relative"
              + " paths are relative to the working directory.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "The run directory (of a sweep, the folder of all its runs); by default runs/NAME, NAME"
              + " being that of the config.")
  private String out;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Where networks run: auto, cpu, cuda or cuda:N.")
  private String device;

  private ConfigFile read;

  /** The config file. */
  Path file() {
    return file;
  }

  /** What {@code --out} names; null where it is not given. */
  String out() {
    return out;
  }

  /** Whether keys of the config are overridden. */
  boolean overrides() {
    return !settings.isEmpty() || device != null;
  }

  /** The configuration, overridden and checked. */
  Config load() {
    return ConfigLoader.loadWith(content(), all());
  }

  /** The configuration as {@link #load} gives it; warns of settings that are unused. */
  Config loadAndWarn(Streams streams, Output output) {
    Config config = load();
    ConfigLoader.unused(content(), all(), config)
        .forEach(line -> Warning.print(streams, output, null, line));
    return config;
  }

  /** The sweep in the file, what does not vary overridden, and checked. */
  Sweep loadSweep() {
    return SweepLoader.loadWith(content(), all());
  }

  /** Whether the file stands for several runs. */
  boolean isSweep() {
    return content().isSweep();
  }

  private ConfigFile content() {
    if (read == null) {
      read = ConfigFile.read(file);
    }
    return read;
  }

  private List<Setting> all() {
    List<Setting> all = new ArrayList<>();
    settings.forEach(setting -> all.add(Setting.parse(setting)));
    if (out != null) {
      all.add(new Setting("--out " + out, "run.out", quoted(out)));
    }
    if (device != null) {
      all.add(new Setting("--device " + device, "run.device", quoted(device)));
    }
    return all;
  }

  /** As a YAML text, so that a folder may be called [1] or null. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
