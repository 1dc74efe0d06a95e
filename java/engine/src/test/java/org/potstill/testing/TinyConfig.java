package org.potstill.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;

/** A configuration on the embedded data that goes through all stages in seconds. */
public final class TinyConfig {

  private static final String YAML =
      """
      run: {name: tiny, seed: 3, threads: 1}
      data: {source: 'builtin:fashion-mnist-mini', classes: [Trouser, Bag], validation-share: 0.7}
      score: {weights: train, epochs: 1, folds: 2}
      prune: {mode: easy, keep: 0.2}
      distill:
        method: dm
        images-per-class: 2
        iterations: 12
        batch-real: 8
        network: {name: convnet, depth: 2, width: 8}
        checkpoint-every: 3
        log-every: 1
      evaluate: {networks: [convnet], repeats: 2, epochs: 6, every: 6, baselines: [random]}
      """;

  private TinyConfig() {}

  /** Writes the configuration into {@code folder}. */
  public static Path write(Path folder) throws IOException {
    return Files.writeString(folder.resolve("tiny.yaml"), YAML);
  }

  /**
   * Loads it with its run directory at {@code out}; further settings are {@code key.path=value}.
   */
  public static Config load(Path folder, Path out, String... settings) throws IOException {
    List<String> all = new java.util.ArrayList<>(List.of(settings));
    all.add("run.out=" + out);
    return ConfigLoader.load(write(folder), all);
  }
}
