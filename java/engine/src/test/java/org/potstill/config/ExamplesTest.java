package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every example is a valid configuration. */
class ExamplesTest {

  private static final Path FOLDER = Path.of(System.getProperty("potstill.root"), "examples");

  private static final List<String> SUBSETS =
      List.of("a", "b", "c", "d", "e", "imagenette", "imagewoof", "birds", "fruits", "cats");

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void isValidAndNamedAfterItsFile(Path file) {
    Config config = ConfigLoader.load(file, List.of());
    assertEquals(config.run().name() + ".yaml", file.getFileName().toString());
  }

  @Test
  void subsetAndMethodsOfThePaperAreVariables() {
    Path file = FOLDER.resolve("paper-pixel-dc-128.yaml");
    for (String subset : SUBSETS) {
      Config config = ConfigLoader.load(file, List.of("data.classes=" + subset));
      assertTrue(config.data().classes().toString().contains(subset), subset);
      assertEquals(5, config.distill().network().depth());
    }
    Path large = FOLDER.resolve("paper-pixel-dc-256.yaml");
    assertEquals(6, ConfigLoader.load(large, List.of()).distill().network().depth());
  }

  static List<Path> tables() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve("tables"))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("tables")
  void everyTableIsASweepNamedAfterItsFile(Path file) {
    Sweep sweep = SweepLoader.load(file, List.of());
    assertEquals(sweep.name() + ".yaml", file.getFileName().toString());
    assertEquals(sweep.out(), Path.of("runs", sweep.name()).toAbsolutePath());
  }

  /** Runs and published figures of every table; means in Tables 2 and 3. */
  @ParameterizedTest
  @CsvSource({
    "table-1-pixel, 30, cross, 30",
    "table-1-glad, 60, cross, 60",
    "table-1-ld3m, 60, cross, 60",
    "table-2, 50, cross, 10",
    "table-3, 50, cross, 10",
    "small-data, 18, convnet, 15",
    "mnist, 9, convnet, 9",
    "mtt-cifar10, 3, convnet, 3",
    "shares, 38, cross, 0",
    "quickstart-shares, 8, convnet, 0",
  })
  void tablesHoldAllThatWasPublished(String name, int runs, String figure, int figures) {
    Sweep sweep = SweepLoader.load(FOLDER.resolve("tables").resolve(name + ".yaml"), List.of());
    assertEquals(runs, sweep.runs().size());
    assertEquals(figures, sweep.published().getOrDefault(figure, Map.of()).size());
  }

  @ParameterizedTest
  @CsvSource({"small-data, 18", "mnist, 9"})
  void randomImagesOnSmallDataArePublishedForEveryRun(String name, int runs) {
    Sweep sweep = SweepLoader.load(FOLDER.resolve("tables").resolve(name + ".yaml"), List.of());
    assertEquals(runs, sweep.publishedBaselines().get("random").get("convnet").size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"table-1-pixel", "table-1-glad", "table-1-ld3m", "table-2", "table-3"})
  void runsOfThePapersTablesFollowItsProtocol(String name) {
    Sweep sweep = SweepLoader.load(FOLDER.resolve("tables").resolve(name + ".yaml"), List.of());
    for (Sweep.Run run : sweep.runs()) {
      Config config = run.config();
      DistillConfig distill = config.distill();
      String method = distill.method().name().toLowerCase(Locale.ROOT);
      assertEquals(name.equals("table-3") ? 256 : 128, config.data().resolution());
      assertEquals(name.equals("table-2") ? 10 : 1, distill.imagesPerClass());
      assertEquals(5, config.evaluate().networks().size());
      assertEquals(100, config.evaluate().every());
      boolean pruned = config.prune().mode() == PruneConfig.Mode.EASY;
      assertEquals(pruned, run.folder().contains("pruned"));
      assertEquals(keep(method, pruned), config.prune().keep());
      if (distill.prior() != null) {
        String init = distill.prior().init().name().toLowerCase(Locale.ROOT);
        assertDistill(
            new PriorRow(
                distill.space().name().toLowerCase(Locale.ROOT),
                method,
                config.data().resolution(),
                distill.imagesPerClass(),
                init),
            distill);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"table-1-pixel", "table-1-glad", "table-1-ld3m"})
  void asManyExpertsAsWerePublishedCanBeAskedFor(String name) {
    Path file = FOLDER.resolve("tables").resolve(name + ".yaml");
    Sweep sweep = SweepLoader.load(file, List.of("experts.count=5000"));
    for (Sweep.Run run : sweep.runs()) {
      boolean matched = run.values().contains("mtt");
      assertEquals(matched, run.config().experts() != null, run.folder());
      assertTrue(!matched || run.config().experts().count() == 5000, run.folder());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"small-data", "mnist"})
  void methodsOnSmallDataRunAsTheirOwnPapersDo(String name) {
    Path file = FOLDER.resolve("tables").resolve(name + ".yaml");
    for (Sweep.Run run : SweepLoader.load(file, List.of()).runs()) {
      Config config = run.config();
      DistillConfig distill = config.distill();
      boolean dm = distill.method() == DistillConfig.Method.DM;
      boolean dc = run.values().contains("dc");
      assertEquals(dm ? 20_000 : 1000, distill.iterations());
      assertEquals(dm ? 1 : 0.1, distill.learningRate());
      boolean digits = name.equals("mnist");
      assertEquals(dc && !digits ? 300 : 1000, config.evaluate().epochs());
      assertEquals(dc && !digits, config.evaluate().augment().isEmpty());
      assertEquals(dc && digits, config.evaluate().augment().equals("dc"));
      assertEquals(dc, distill.augment().isEmpty());
      // Digits are not flipped.
      boolean flipped = distill.augment().contains("flip");
      assertEquals(!dc && !digits, flipped);
      assertEquals(flipped, config.evaluate().augment().contains("flip"));
      boolean cifar = run.values().contains("cifar10");
      assertEquals(cifar ? List.of(0.2023, 0.1994, 0.2010) : List.of(), config.data().std());
      assertEquals(cifar ? List.of(0.4914, 0.4822, 0.4465) : List.of(), config.data().mean());
      assertEquals(dc ? DistillConfig.Init.NOISE : DistillConfig.Init.REAL, distill.init());
      if (!dm) {
        // The DC paper's loops: 10 of 50 with ten images per class, 50 of 10 with fifty.
        assertEquals(distill.imagesPerClass(), distill.outerLoops());
        assertEquals(
            Map.of(1, 1, 10, 50, 50, 10).get(distill.imagesPerClass()), distill.innerLoops());
      }
    }
  }

  @Test
  void trajectoriesOnCifarAreMatchedAsTheirOwnPaperDoes() {
    Path file = FOLDER.resolve("tables/mtt-cifar10.yaml");
    for (Sweep.Run run : SweepLoader.load(file, List.of()).runs()) {
      Config config = run.config();
      DistillConfig distill = config.distill();
      int images = distill.imagesPerClass();
      assertEquals(run.values(), List.of("" + images));
      assertEquals(
          images == 50 ? DataConfig.Whitening.NONE : DataConfig.Whitening.ZCA,
          config.data().whitening());
      assertEquals(images == 50 ? List.of(0.2023, 0.1994, 0.2010) : List.of(), config.data().std());
      assertEquals(images == 50 ? 1000 : 100, distill.learningRate());
      TrajectoryConfig trajectory = distill.trajectory();
      assertEquals(TrajectoryConfig.Form.UNROLLED, trajectory.form());
      assertEquals(images == 1 ? 50 : 30, trajectory.steps());
      assertEquals(2, trajectory.expertEpochs());
      assertEquals(Map.of(1, 2, 10, 20, 50, 40).get(images), trajectory.maxStartEpoch());
      assertEquals(images == 1 ? 0.01 : 0.001, trajectory.learningRate());
      assertEquals(images == 1 ? 1e-7 : 1e-5, trajectory.rateLearningRate());
      assertTrue(config.evaluate().learnedRate());
    }
  }

  /**
   * A row of a table of the paper for a generator.
   *
   * @param space glad or ld3m
   * @param method dc, dm or mtt
   * @param resolution 128 in Tables 1 and 2, 256 in Table 3
   * @param perClass images per class: 10 in Table 2
   * @param init what the generator was trained on
   */
  record PriorRow(String space, String method, int resolution, int perClass, String init) {

    private List<String> settings(String subset, boolean pruned) {
      List<String> settings = new ArrayList<>();
      settings.add("data.classes=" + subset);
      settings.add("distill.method=" + method);
      settings.add("data.resolution=" + resolution);
      settings.add("distill.images-per-class=" + perClass);
      settings.add("score.weights=resnet18.pth");
      if (!pruned) {
        settings.add("prune.mode=none");
      }
      if (!init.equals("random")) {
        settings.add("distill.prior.weights=" + (space.equals("glad") ? "g.pkl" : "m.ckpt"));
      }
      if (init.equals("ffhq")) {
        settings.add("distill.prior.init=ffhq");
      }
      return settings;
    }
  }

  static List<PriorRow> rowsOfThePaper() {
    List<PriorRow> rows = new ArrayList<>();
    for (String space : List.of("glad", "ld3m")) {
      for (String method : List.of("mtt", "dc", "dm")) {
        rows.add(new PriorRow(space, method, 128, 1, "imagenet"));
      }
      for (String method : List.of("dc", "dm")) {
        rows.add(new PriorRow(space, method, 128, 10, "imagenet"));
      }
      for (String init : List.of("imagenet", "random", "ffhq")) {
        rows.add(new PriorRow(space, "dc", 256, 1, init));
      }
    }
    return rows;
  }

  @ParameterizedTest
  @MethodSource("rowsOfThePaper")
  void everyRowOfAGeneratorIsAVariantOfItsExample(PriorRow row) {
    Path file = FOLDER.resolve(row.space() + ".yaml");
    for (String subset : SUBSETS) {
      for (boolean pruned : List.of(true, false)) {
        Config config = ConfigLoader.load(file, row.settings(subset, pruned));
        assertTrue(config.data().classes().toString().contains(subset), subset);
        assertEquals(row.resolution(), config.data().resolution());
        assertEquals(keep(row.method(), pruned), config.prune().keep());
        assertEquals(row.resolution() == 128 ? 5 : 6, config.distill().network().depth());
        assertEquals(5, config.evaluate().networks().size());
        assertEquals(EvaluateConfig.Protocol.PAPER, config.evaluate().protocol());
        assertDistill(row, config.distill());
      }
    }
  }

  private static double keep(String method, boolean pruned) {
    return !pruned ? 1 : method.equals("dm") ? 0.2 : 0.6;
  }

  /** What the reference facts say of the method in the space. */
  private static void assertDistill(PriorRow row, DistillConfig distill) {
    boolean glad = row.space().equals("glad");
    Map<String, Double> rates = Map.of("dc", 1.0, "dm", 10.0, "mtt", 1e4);
    Map<String, Double> rateOfW = Map.of("dc", 1e-3, "dm", 1e-2, "mtt", 10.0);
    Map<String, Integer> layers = Map.of("dc", 16, "dm", 20, "mtt", 5);
    assertEquals(row.perClass(), distill.imagesPerClass());
    assertEquals(10_000, distill.iterations());
    assertEquals(rates.get(row.method()) / (glad ? 1 : 10), distill.learningRate());
    PriorConfig prior = distill.prior();
    assertEquals(row.init(), prior.init().name().toLowerCase(Locale.ROOT));
    assertEquals(row.init().equals("random"), prior.weights() == null);
    if (glad) {
      assertEquals(rateOfW.get(row.method()), prior.learningRateW());
      assertEquals(layers.get(row.method()), prior.layer());
    } else {
      assertEquals(10, prior.diffusion().steps());
      assertEquals(3, prior.diffusion().guidance());
    }
    if (row.method().equals("mtt")) {
      assertEquals(glad ? 20 : 10, distill.trajectory().steps());
      assertEquals(glad ? 3 : 2, distill.trajectory().expertEpochs());
    }
  }
}
