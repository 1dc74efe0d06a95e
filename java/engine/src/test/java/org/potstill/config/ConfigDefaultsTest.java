package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigDefaultsTest extends ConfigFileTests {

  @Test
  void defaultsAreThoseOfThePaper() throws IOException {
    Config config = load("data: {source: 'folder:images'}\n");
    assertEquals("quick", config.run().name());
    assertEquals("folder:" + folder.resolve("images"), config.data().source());
    assertEquals(128, config.data().resolution());
    assertEquals(0.2, config.prune().keep());
    assertEquals(10.0, config.distill().learningRate());
    assertEquals(
        new NetworkConfig("convnet", 5, 128, "instance", "avg"), config.distill().network());
    assertEquals(10_000, config.distill().iterations());
    assertEquals(256, config.distill().batchReal());
    assertEquals("color_crop_cutout_flip_scale_rotate", config.distill().augment());
    assertEquals(1000, config.evaluate().epochs());
    assertEquals(5, config.evaluate().repeats());
    assertEquals(List.of("random"), config.evaluate().baselines());
    assertNull(config.experts());
    assertTrue(config.score().trained());
  }

  @ParameterizedTest
  @CsvSource({
    "dm, pixel, 10, 0.2", "dc, pixel, 1, 0.6", "mtt, pixel, 10000, 0.6",
    "dm, ld3m, 1, 0.2", "dc, ld3m, 0.1, 0.6", "mtt, ld3m, 1000, 0.6",
  })
  void ratesFollowMethodAndSpace(String method, String space, double rate, double keep)
      throws IOException {
    Config config =
        load("data: {source: 'idx:d'}\ndistill: {method: " + method + ", space: " + space + "}\n");
    assertEquals(rate, config.distill().learningRate());
    assertEquals(keep, config.prune().keep());
  }

  @ParameterizedTest
  @CsvSource({"28, 3", "32, 3", "64, 3", "128, 5", "256, 6"})
  void depthFollowsResolution(int resolution, int depth) throws IOException {
    Config config = load("data: {source: 'folder:x', resolution: " + resolution + "}\n");
    assertEquals(depth, config.distill().network().depth());
  }

  /** IDX images without data.resolution keep their size, which their header tells. */
  @ParameterizedTest
  @CsvSource({
    "train-images-idx3-ubyte, 28, 28, 3",
    "train-images-idx3-ubyte, 96, 100, 5",
    "train-images.idx3-ubyte.gz, 300, 256, 6"
  })
  void depthFollowsTheSizeOfIdxImages(String name, int height, int width, int depth)
      throws IOException {
    Path file = Files.createDirectories(folder.resolve("d")).resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        OutputStream packed = name.endsWith(".gz") ? new GZIPOutputStream(out) : out) {
      packed.write(
          ByteBuffer.allocate(16).putInt(0x803).putInt(1).putInt(height).putInt(width).array());
    }
    Config config = load("data: {source: 'idx:d'}\n");
    assertEquals(depth, config.distill().network().depth());
    assertEquals(0, config.data().resolution());
    assertEquals(5, load("data: {source: 'idx:d', resolution: 96}\n").distill().network().depth());
    assertEquals(
        3,
        load("data: {source: 'idx:d'}\ndistill: {network: {depth: 3}}\n")
            .distill()
            .network()
            .depth());
    Files.writeString(file, "no such file");
    assertEquals(3, load("data: {source: 'idx:d'}\n").distill().network().depth());
  }

  @Test
  void onlyWhatMayBeGreyMayBeAsDeepAsItsPaddingAllows() throws IOException {
    String deep = ", resolution: 62}\ndistill: {network: {depth: 6}}\n";
    assertEquals(6, load("data: {source: 'idx:d'" + deep).distill().network().depth());
    String message = messageOf("data: {source: 'folder:d'" + deep);
    assertTrue(message.contains("found 6; allowed at 62 pixels: at most 5"), message);
  }

  @Test
  void trajectoryMatchingHasExperts() throws IOException {
    assertNotNull(load("data: {source: 'idx:d'}\ndistill: {method: mtt}\n").experts());
    assertEquals(
        "quick.yaml, line 2: experts.count: is set, but only distill.method mtt has experts and"
            + " the method is dm",
        messageOf("data: {source: 'idx:d'}\nexperts: {count: 5}\n"));
  }

  @ParameterizedTest
  @CsvSource({"pixel, 20, 3, 5", "glad, 20, 3, 5", "ld3m, 10, 2, 2"})
  void trajectoriesFollowTheSpace(String space, int steps, int expertEpochs, int maxStart)
      throws IOException {
    Config config = load("data: {source: 'idx:d'}\ndistill: {method: mtt, space: " + space + "}\n");
    assertEquals(steps, config.distill().trajectory().steps());
    assertEquals(expertEpochs, config.distill().trajectory().expertEpochs());
    assertEquals(maxStart, config.distill().trajectory().maxStartEpoch());
  }

  @ParameterizedTest
  @CsvSource({
    "dm, imagenet, 20, 0.01",
    "dm, random, 14, 0.01",
    "dc, imagenet, 16, 0.001",
    "dc, random, 16, 0.001",
    "mtt, imagenet, 5, 10",
    "mtt, random, 5, 10"
  })
  void layerAndRateOfCodesFollowMethodAndWeights(String method, String init, int layer, double rate)
      throws IOException {
    String weights = init.equals("random") ? "" : ", weights: g.pkl";
    PriorConfig prior =
        load("data: {source: 'idx:d'}\ndistill: {space: glad, method: "
                + method
                + ", prior: {init: "
                + init
                + weights
                + "}}\n")
            .distill()
            .prior();
    assertEquals(layer, prior.layer());
    assertEquals(rate, prior.learningRateW());
  }

  @Test
  void latentSpacesHaveAPrior() throws IOException {
    String start = "data: {source: 'idx:d'}\ndistill: {";
    assertNull(load(start + "space: pixel}\n").distill().prior());
    PriorConfig random = load(start + "space: glad}\n").distill().prior();
    assertEquals(PriorConfig.Init.RANDOM, random.init());
    assertEquals(14, random.layer());
    assertEquals(0.01, random.learningRateW());
    PriorConfig trained =
        load(start + "space: glad, method: dc, prior: {weights: g.pkl}}\n").distill().prior();
    assertEquals(PriorConfig.Init.IMAGENET, trained.init());
    assertEquals(16, trained.layer());
    assertEquals(0.001, trained.learningRateW());
    assertEquals(
        "quick.yaml, line 2: distill.prior.layer: is set, but only distill.space glad and ld3m"
            + " have a prior and the space is pixel",
        messageOf(start + "prior: {layer: 3}}\n"));
    assertEquals(
        "quick.yaml, line 2: distill.prior.weights: is set, but distill.prior.init random draws"
            + " its weights",
        messageOf(start + "space: glad, prior: {init: random, weights: g.pkl}}\n"));
    assertEquals(
        "quick.yaml, line 1: data.whitening: found zca; allowed in the space glad: none, since its"
            + " generator makes images that are not whitened",
        messageOf("data: {source: 'idx:d', whitening: zca}\ndistill: {space: glad}\n"));
    assertEquals(
        "quick.yaml, line 2: distill.prior.diffusion.unet-channels: found 48; allowed: multiples of"
            + " 32",
        messageOf(start + "space: ld3m, prior: {diffusion: {unet-channels: 48}}}\n"));
    assertEquals(
        "quick.yaml, line 2: distill.prior.init: found pokemon; allowed in ld3m: imagenet, ffhq,"
            + " random",
        messageOf(start + "space: ld3m, prior: {init: pokemon, weights: m.ckpt}}\n"));
    String message = messageOf(start + "space: glad, prior: {init: ffhq}}\n");
    assertTrue(message.contains("init ffhq needs the file of the generator"), message);
  }

  @Test
  void pretrainedScorerSees224Pixels() throws IOException {
    Config config = load("data: {source: 'folder:x'}\nscore: {weights: w/r18.pth}\n");
    assertEquals(224, config.score().resolution());
    assertEquals(folder.resolve("w/r18.pth"), config.score().weights());
  }

  @Test
  void autoIsTheShareOfTheMethod() {
    assertEquals(
        0.6,
        ConfigLoader.of(
                "data.source=builtin:fashion-mnist-mini", "distill.method=dc", "prune.keep=auto")
            .prune()
            .keep());
  }

  @Test
  void loopsOfThePaperFollowTheImagesPerClass() {
    int[][] rows = {
      {1, 1, 1},
      {9, 1, 1},
      {10, 10, 50},
      {25, 20, 25},
      {30, 30, 20},
      {49, 40, 15},
      {50, 50, 10},
      {99, 50, 10}
    };
    for (int[] row : rows) {
      DistillConfig distill =
          ConfigLoader.of(
                  "data.source=builtin:fashion-mnist-mini",
                  "distill.method=dc",
                  "distill.loops=dc-paper",
                  "distill.images-per-class=" + row[0])
              .distill();
      assertEquals(row[1], distill.outerLoops());
      assertEquals(row[2], distill.innerLoops());
    }
    DistillConfig own =
        ConfigLoader.of(
                "data.source=builtin:fashion-mnist-mini",
                "distill.loops=dc-paper",
                "distill.inner-loops=3",
                "distill.images-per-class=10")
            .distill();
    assertEquals(10, own.outerLoops());
    assertEquals(3, own.innerLoops());
    DistillConfig once =
        ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "distill.images-per-class=10")
            .distill();
    assertEquals(1, once.outerLoops());
    assertEquals(1, once.innerLoops());
  }
}
