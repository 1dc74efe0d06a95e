package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.errors.InputException;

class ConfigLoaderTest {

  @TempDir Path folder;

  private Config load(String yaml, String... overrides) throws IOException {
    Path file = folder.resolve("quick.yaml");
    Files.writeString(file, yaml);
    return ConfigLoader.load(file, List.of(overrides));
  }

  private String messageOf(String yaml, String... overrides) {
    InputException error = assertThrows(InputException.class, () -> load(yaml, overrides));
    return error.getMessage().replace(folder + "/", "");
  }

  @ParameterizedTest
  @CsvSource({
    "'prune: {mode: easy,\n  keep: !!str 0.5}',3,prune.keep,!!str",
    "'run: {seed: !!float 1}',2,run.seed,!!float",
    "'run: {name: !!str 5}',2,run.name,!!str",
    "'run: {name: !!int five}',2,run.name,!!int",
    "'run: {name: !foo five}',2,run.name,!foo",
    "'evaluate:\n  networks: [convnet, !bar vit]',3,evaluate.networks,!bar",
    "'evaluate: {networks: !!set {convnet: null}}',2,evaluate.networks,!!set",
    "'run: !foo {seed: 1}',2,run,!foo",
    "'run: {!foo seed: 1}',2,run.seed,!foo"
  })
  void aTagThatMakesAValueSomethingElseIsAnError(String text, int line, String key, String tag)
      throws IOException {
    Path file = folder.resolve("tagged.yaml");
    Files.writeString(file, "data: {source: 'builtin:fashion-mnist-mini'}\n" + text + "\n");
    InputException error =
        assertThrows(InputException.class, () -> ConfigLoader.load(file, List.of()));
    String found = file + ", line " + line + ": " + key + ": found the tag " + tag + "; allowed: ";
    assertTrue(error.getMessage().startsWith(found), error.getMessage());
  }

  @Test
  void tagsOfOptionsAreErrorsAndThoseThatSayWhatAValueIsAreNot() throws IOException {
    Path file = folder.resolve("tagged.yaml");
    Files.writeString(file, "data: {source: !!str 'builtin:fashion-mnist-mini'}\n");
    Config config = ConfigLoader.load(file, List.of("run.seed=!!int 3", "run.name=!!str five"));
    assertEquals(3, config.run().seed());
    InputException error =
        assertThrows(
            InputException.class, () -> ConfigLoader.load(file, List.of("run.seed=!!str 3")));
    assertTrue(
        error.getMessage().startsWith("--set run.seed=!!str 3, line 1: found the tag !!str;"),
        error.getMessage());
  }

  @Test
  void expertsOfAnotherRunAreTakenByTheMethodThatHasSome() {
    Path other = Path.of("/other");
    Config matching = ConfigLoader.of("data.source=builtin:fashion-mnist-mini");
    InputException error =
        assertThrows(InputException.class, () -> matching.withExpertsFrom(other));
    assertEquals(
        "experts.from: is set, but only distill.method mtt has experts and the method is dm",
        error.getMessage());
    Config trajectories =
        ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "distill.method=mtt");
    assertEquals(other, trajectories.withExpertsFrom(other).experts().from());
  }

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
  void overridesWinAndTheirPathsAreRelativeToTheWorkingDirectory() throws IOException {
    Config config =
        load(
            "data: {source: 'folder:x', classes: imagenette}\nprune: {keep: 0.5}\n",
            "prune.keep=0.25",
            "data.source=folder:images",
            "evaluate.networks=[convnet, vit]",
            "distill.network={depth: 4, norm: none}",
            "score.from=none",
            "run.name=2024");
    assertEquals(0.25, config.prune().keep());
    assertEquals("folder:" + Path.of("images").toAbsolutePath(), config.data().source());
    assertEquals(List.of("convnet", "vit"), config.evaluate().networks());
    assertEquals(List.of("imagenette"), config.data().classes());
    assertEquals(4, config.distill().network().depth());
    assertEquals("2024", config.run().name());
  }

  @Test
  void settingsAloneMakeAConfig() {
    Config config =
        ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "data.class-index={a: 3}");
    assertEquals("builtin:fashion-mnist-mini", config.data().source());
    assertEquals(Map.of("a", 3), config.data().classIndex());
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
  void misspeltKeyIsNamedWithLineAndSuggestion() {
    assertEquals(
        "quick.yaml, line 4: distill.iteratons: unknown key; did you mean \"iterations\"?; allowed"
            + " here: method, space, images-per-class, iterations, batch-real, init, network,"
            + " augment, learning-rate, momentum, loops, outer-loops, inner-loops,"
            + " network-learning-rate, distance, precision, checkpoint-every, log-every, prior,"
            + " trajectory",
        messageOf("data:\n  source: idx:d\ndistill:\n  iteratons: 5\n"));
  }

  @Test
  void keyOfAnotherSectionIsRecognised() {
    assertEquals(
        "quick.yaml, line 2: prune.images-per-class: unknown key; did you mean"
            + " \"distill.images-per-class\"?; allowed here: mode, keep",
        messageOf("data: {source: 'idx:d'}\nprune: {images-per-class: 5}\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prune: {keep: 1.5}|prune.keep: found 1.5; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {keep: 0}|prune.keep: found 0; allowed: a number above 0 and at most 1, or auto",
        "prune: {keep: -0.2}|prune.keep: found -0.2; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {keep: .nan}|prune.keep: found .nan; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {keep: much}|prune.keep: found the text 'much'; allowed: a number above 0 and at"
            + " most 1, or auto",
        "score: {learning-rate: 1e31}|score.learning-rate: found 1e31; allowed: a number above 0"
            + " and at most 1.0E30",
        "distill: {learning-rate: 1e300}|distill.learning-rate: found 1e300; allowed: a number"
            + " above 0 and at most 1.0E30",
        "prune: {keep: }|prune.keep: found nothing; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {mode: esay}|prune.mode: found the text 'esay'; allowed: easy, hard, random, none;"
            + " did you mean \"easy\"?",
        "prune: [easy]|prune: found a list of 1; allowed: a section of mode, keep",
        "distill: {learning-rate: .inf}|distill.learning-rate: found .inf; allowed: a number above"
            + " 0",
        "distill: {momentum: 1}|distill.momentum: found 1; allowed: a number from 0 and below 1",
        "distill: {iterations: 10.5}|distill.iterations: found 10.5; allowed: a whole number from"
            + " 1",
        "distill: {iterations: '10'}|distill.iterations: found the text '10'; allowed: a whole"
            + " number from 1",
        "distill: {iterations: 99999999999999999999}|distill.iterations: found"
            + " 99999999999999999999; allowed: a whole number from 1 to 2147483647",
        "distill: {iterations: 3000000000}|distill.iterations: found 3000000000; allowed: a whole"
            + " number from 1 to 2147483647",
        "distill: {augment: color_colr}|distill.augment: found the text 'color_colr'; allowed:"
            + " color, crop, cutout, flip, scale, rotate joined by '_', or none",
        "distill: {network: {depth: 6}}|distill.network.depth: found 6; allowed at 32 pixels: at"
            + " most 5, since every block halves the side",
        "evaluate: {networks: []}|evaluate.networks: found an empty list; allowed: a list of"
            + " convnet, convnet-gap, alexnet, vgg11, resnet18, vit, or one of your own",
        "evaluate: {networks: [vit, vit]}|evaluate.networks: found the text 'vit'; allowed: every"
            + " entry once",
        "run: {device: gpu}|run.device: found the text 'gpu'; allowed: auto, cpu, cuda, cuda:N",
        "run: {seed: -1}|run.seed: found -1; allowed: a whole number from 0 to 9223372036854775807",
        "score: {from: [a]}|score.from: found a list of 1; allowed: a run directory, or none",
        "evaluate: {learned-rate: true}|evaluate.learned-rate: found true; allowed with"
            + " distill.method dm: false, since only mtt learns a rate",
        "run: {? [a] : b}|run.?: unknown key; allowed here: name, out, seed, device, threads,"
            + " kernels, deterministic",
        "run: {deterministic: maybe}|run.deterministic: found the text 'maybe'; allowed: true,"
            + " false",
        "run: {deterministic: 1}|run.deterministic: found 1; allowed: true, false",
      })
  void badValueIsNamedWithWhatIsAllowed(String line, String message) {
    assertEquals("quick.yaml, line 2: " + message, messageOf("data: {source: 'idx:d'}\n" + line));
  }

  @Test
  void aRateIsLearnedOrGiven() {
    assertEquals(
        "quick.yaml, line 3: evaluate.learned-rate: found true; allowed with evaluate.learning-rate"
            + " 0.5: false, since that sets another rate",
        messageOf(
            """
            data: {source: 'idx:d'}
            distill: {method: mtt}
            evaluate: {learned-rate: true, learning-rate: 0.5}
            """));
  }

  @Test
  void everyProblemIsTold() {
    assertEquals(
        """
        quick.yaml: 4 problems
          line 1: data.source: found the text 'ftp:x'; allowed: builtin:NAME, folder:DIR, idx:DIR, cifar10:DIR, cifar100:DIR
          line 3: prune.keep: found 2; allowed: a number above 0 and at most 1, or auto
          line 4: prune.keep: is given a second time
          --set distill.iterations=x: distill.iterations: found the text 'x'; allowed: a whole number from 1\
        """,
        messageOf(
            "data: {source: 'ftp:x'}\nprune:\n  keep: 2\n  keep: 0.5\n", "distill.iterations=x"));
  }

  @Test
  void aKeyInDottedFormIsTheSameKey() {
    assertEquals(
        "quick.yaml, line 2: data.resolution: is given a second time",
        messageOf("data: {source: 'idx:d', resolution: 32}\ndata.resolution: 64\n"));
    assertEquals(
        0.3,
        ConfigLoader.of("data.source=idx:d", "prune.keep=0.5", "prune.keep=0.3").prune().keep());
  }

  @Test
  void aFolderWithoutItsKindIsUnderstood() {
    String folder = Path.of("").toAbsolutePath().toString();
    String message = messageOf("data: {source: '" + folder + "'}\n");
    assertTrue(message.endsWith("; did you mean \"folder:" + folder + "\"?"), message);
    assertFalse(messageOf("data: {source: 'no-such-folder'}\n").contains("did you mean"));
  }

  @Test
  void missingSourceIsTold() {
    assertEquals(
        "quick.yaml, data.source: is required; allowed: builtin:NAME, folder:DIR, idx:DIR,"
            + " cifar10:DIR, cifar100:DIR",
        messageOf("run: {seed: 3}\n"));
  }

  @Test
  void badOverrideNamesTheOption() {
    String good = "data: {source: 'idx:d'}\n";
    assertEquals(
        "--set prune.keep=1.5: prune.keep: found 1.5; allowed: a number above 0 and at most 1, or"
            + " auto",
        messageOf(good, "prune.keep=1.5"));
    assertEquals(
        "--set prune.kep=1: prune.kep: unknown key; did you mean \"keep\"?; allowed here: mode,"
            + " keep",
        messageOf(good, "prune.kep=1"));
    assertEquals(
        "--set prune.keep: found no key.path=value, for example prune.keep=0.5",
        messageOf(good, "prune.keep"));
    assertEquals(
        "--set prune.keep.x=1: prune.keep: holds a value, not a section",
        messageOf(good, "prune.keep.x=1"));
    assertEquals(
        "--set data.class-index.a=5: data.class-index: its pairs are set together: --set"
            + " 'data.class-index={a: VALUE}'",
        messageOf(good, "data.class-index.a=5"));
    assertTrue(
        messageOf(good, "prune.keep=[1")
            .startsWith("--set prune.keep=[1, line 2: this is no YAML"));
  }

  @Test
  void textsThatAreNoConfigAreRefused() {
    assertEquals("quick.yaml is empty; 'init' writes a config to begin with", messageOf(""));
    assertEquals(
        "quick.yaml is empty; 'init' writes a config to begin with", messageOf("# nothing\n"));
    assertEquals(
        "quick.yaml, line 1: the file: found a list of 2; allowed: a section of run, data, score,"
            + " prune, experts, distill, evaluate",
        messageOf("- a\n- b\n"));
    assertEquals(
        "quick.yaml, line 2: a tab, where YAML allows only spaces to indent",
        messageOf("data:\n\tsource: idx:d\n"));
    assertTrue(messageOf("a: 1\n---\nb: 2\n").startsWith("quick.yaml, line 2: this is no YAML:"));
    assertTrue(messageOf("a: [1\n").contains("this is no YAML"));
    assertTrue(messageOf("a: \u0007\n").contains("this is no YAML"));
    assertTrue(messageOf("[".repeat(200_000)).startsWith("quick.yaml"));
  }

  @Test
  void aliasBombCostsNothing() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 60; i++) {
      bomb.append("a").append(i).append(": &a").append(i).append(" [");
      bomb.append(("*a" + (i - 1) + ", ").repeat(9)).append("x]\n");
    }
    String message = messageOf(bomb.toString());
    assertTrue(message.contains("aliases"), message);
    message =
        messageOf("data: &d {source: 'idx:d', classes: [&a [x], *a]}\nrun: &r {device: *r}\n");
    assertTrue(message.contains("data.classes: found a list of 1"), message);
    assertTrue(message.contains("run.device: found a section of its own"), message);
  }

  @Test
  void filesThatCannotBeReadAreNamed() throws IOException {
    Path file = folder.resolve("bytes.yaml");
    Files.write(file, "run: {name: caf\u00e9}".getBytes(StandardCharsets.ISO_8859_1));
    assertEquals(file + " is not a text in UTF-8", refusal(file));
    assertEquals(folder + " is a folder; name the config file in it", refusal(folder));
    Path none = folder.resolve("none.yaml");
    assertEquals(
        "there is no config file " + none + "; 'init' writes one to begin with", refusal(none));
    Path large = folder.resolve("large.yaml");
    Files.write(large, new byte[(1 << 20) + 1]);
    assertEquals(large + " is larger than 1 MiB, so it is no config file", refusal(large));
  }

  private static String refusal(Path file) {
    return assertThrows(InputException.class, () -> ConfigLoader.load(file, List.of()))
        .getMessage();
  }

  @Test
  void rulesBetweenKeysAreChecked() {
    assertEquals(
        "quick.yaml, line 1: data.resolution: found 0; allowed for folders: a whole number from 1"
            + " to 4096",
        messageOf("data: {source: 'folder:d', resolution: 0}\n"));
    assertEquals(
        "quick.yaml, line 1: data.mean: found 3 means and 0 standard deviations; allowed: none, or"
            + " one of each per channel (1 or 3)",
        messageOf("data: {source: 'idx:d', mean: [0.5, 0.5, 0.5]}\n"));
    assertEquals(
        "quick.yaml, line 2: evaluate.every: chooses the best iteration by the validation share,"
            + " but data.validation-share is 0; raise it, or set evaluate.protocol to paper",
        messageOf("data: {source: 'idx:d', validation-share: 0}\nevaluate: {every: 5}\n"));
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

  @Test
  void misspeltNetworkIsNamedWithASuggestion() {
    String message =
        messageOf("data:\n  source: idx:d\nevaluate:\n  networks: [convnet, alexnett]\n");
    assertTrue(message.contains("evaluate.networks"), message);
    assertTrue(message.contains("'alexnett'"), message);
    assertTrue(message.contains("did you mean \"alexnet\"?"), message);
  }
}
