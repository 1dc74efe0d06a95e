package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.PriorConfig;
import org.potstill.prior.StyleGan;
import org.potstill.prior.StyleGanConfig;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.Safetensors;

/** Distillations of latents of a small generator. */
abstract class GladTests {

  static final int CLASSES = 5;

  final TinyRun tiny = new TinyRun();

  @TempDir Path folder;

  @BeforeEach
  void tinyGenerator() {
    LibTorch.load();
    tiny.learningRate = 10;
    tiny.iterations = 4;
    tiny.prior = random(14, 3);
  }

  static PriorConfig random(int layer, int chunk) {
    return new PriorConfig(
        PriorConfig.Init.RANDOM,
        null,
        layer,
        0.1,
        PriorConfig.Codes.DRAWN,
        PriorConfig.Normalised.DATA,
        chunk,
        64,
        4,
        null);
  }

  PriorConfig trained(Path weights) {
    return new PriorConfig(
        PriorConfig.Init.IMAGENET,
        weights,
        3,
        0.1,
        PriorConfig.Codes.MEAN,
        PriorConfig.Normalised.DATA,
        3,
        64,
        4,
        null);
  }

  /** A class-conditional generator of 16 pixels. */
  Path weights() throws IOException {
    StyleGanConfig config =
        new StyleGanConfig(
            8, 8, CLASSES, new StyleGanConfig.Embeddings(CLASSES, 6), 3, 16, 5, 64, 4, List.of());
    Path file = folder.resolve("generator.safetensors");
    try (NamedTensors state =
        StyleGan.initialise(config, RandomStream.of(1, Purpose.DROPOUT, 0, 0))) {
      Safetensors.write(file, state, Map.of());
    }
    return file;
  }

  Path run(String name) {
    Path run = folder.resolve(name);
    tiny.run(run);
    return run;
  }

  static void assertSame(Path expected, Path actual, String file) throws IOException {
    assertEquals(-1, Files.mismatch(expected.resolve(file), actual.resolve(file)), file);
  }
}
