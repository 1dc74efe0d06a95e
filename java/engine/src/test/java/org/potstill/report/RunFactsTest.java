package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a page says of two runs of ten classes, by hand. */
class RunFactsTest {

  private static final String MODE = "mode: easy, keep: 0.2";

  @TempDir Path folder;
  private Path first;
  private Path second;

  @BeforeEach
  void write() throws IOException {
    first = folder.resolve("first");
    second = folder.resolve("second");
    new SampleRun(first, SampleRun.CLASSES, 28).imagesInClass(5).required().evaluated();
    new SampleRun(second, SampleRun.CLASSES, 28)
        .imagesInClass(5)
        .imagesPerClass(2)
        .space("glad")
        .required()
        .evaluated();
  }

  private static void edit(Path file, String from, String to) throws IOException {
    String text = Files.readString(file);
    assertTrue(text.contains(from), text);
    Files.writeString(file, text.replace(from, to));
  }

  private List<ComparedRun> runs() {
    return List.of(ComparedRun.read(first), ComparedRun.read(second));
  }

  /** The values of a row; empty where there is none. */
  private List<String> row(String name) {
    return RunFacts.of(runs()).stream()
        .filter(fact -> fact.name().equals(name))
        .flatMap(fact -> fact.values().stream())
        .toList();
  }

  @Test
  void everyFactHasARowWithAValueOfEveryRun() throws IOException {
    edit(second.resolve("config.yaml"), "name: quickstart", "name: other");
    edit(second.resolve("config.yaml"), MODE, "mode: none, keep: 1");
    edit(second.resolve("config.yaml"), "iterations: 2000", "iterations: 5000");
    edit(second.resolve("stages.json"), "\"seconds\":127.9", "\"seconds\":3725");
    String vit = "\"vit\": {\"accuracies\": [0.58, 0.57], \"mean\": 0.575, \"std\": 0.005}";
    edit(second.resolve("evaluation.json"), ",\n              " + vit, "");
    edit(
        second.resolve("evaluation.json"),
        "\"cross\": {\"mean\": 0.575, \"std\": 0.005}",
        "\"cross\": {\"mean\": null, \"std\": null}");
    edit(second.resolve("evaluation.json"), "\"epochs\": 300, ", "");
    Map<String, List<String>> rows = new LinkedHashMap<>();
    for (RunFacts.Fact fact : RunFacts.of(runs())) {
      List<String> values = fact.values().stream().map(v -> v.replace('\u202f', '_')).toList();
      rows.put(fact.name(), values);
      assertEquals(values.get(0).equals(values.get(1)), !fact.differs(), fact.name());
    }
    Map<String, List<String>> expected = new LinkedHashMap<>();
    expected.put("run", List.of("quickstart", "other"));
    expected.put("method", List.of("dm", "dm"));
    expected.put("generator", List.of("–", "random"));
    expected.put("core-set", List.of("easy, 0.2", "all images"));
    expected.put("images per class", List.of("1", "2"));
    expected.put("pixels", List.of("28 × 28", "28 × 28"));
    expected.put("iterations", List.of("2000", "5000"));
    expected.put("seed", List.of("20", "20"));
    expected.put("time to distil", List.of("2_min 8_s", "1_h 2_min"));
    expected.put("accuracy, convnet", List.of("70.5 ± 0.5_%", "70.5 ± 0.5_%"));
    expected.put("accuracy, vit", List.of("57.5 ± 0.5_%", "–"));
    expected.put("accuracy, mean of the others", List.of("57.5 ± 0.5_%", "–"));
    expected.put("protocol", List.of("validation", "validation"));
    expected.put("epochs", List.of("300", "–"));
    expected.put("batch", List.of("256", "256"));
    String augment = "color_crop_cutout_flip_scale_rotate";
    expected.put("augment", List.of(augment, augment));
    expected.put("selected iteration", List.of("1500", "1500"));
    assertEquals(expected, rows);
    assertEquals(List.copyOf(expected.keySet()), List.copyOf(rows.keySet()));
  }

  @Test
  void ofARunThatWasNotEvaluatedNothingIsMeasured() throws IOException {
    Files.delete(second.resolve("evaluation.json"));
    for (String name : List.of("accuracy, convnet", "accuracy, mean of the others", "protocol")) {
      assertEquals("–", row(name).get(1), name);
    }
    Files.delete(first.resolve("evaluation.json"));
    for (String name : List.of("accuracy, convnet", "accuracy, mean of the others", "protocol")) {
      assertEquals(List.of(), row(name), name);
    }
  }

  @Test
  void thePageSaysWhatIsShownAndWhetherItIsAll() throws IOException {
    SideBySidePage page = page();
    assertEquals("10 classes of builtin:fashion-mnist-mini, distilled by 2 runs.", page.summary());
    assertEquals("What every run made of the same class.", page.note());
    assertFalse(page.oneEach(), "the second has two images a class");
    assertFalse(page.hasWarnings());
    assertEquals(SampleRun.CLASSES, page.classes().stream().map(shown -> shown.name()).toList());
    for (SideBySidePage.ClassImages shown : page.classes()) {
      assertEquals(
          List.of(1, 2), shown.lines().stream().map(line -> line.images().size()).toList());
    }
    Files.writeString(second.resolve("evaluation.json"), "{");
    assertTrue(page().hasWarnings());
    new SampleRun(second, SampleRun.CLASSES, 28).imagesInClass(5).space("glad").required();
    assertTrue(page().oneEach());
  }

  private SideBySidePage page() {
    List<ComparedRun> runs = runs();
    return SideBySidePage.of(runs, runs.get(0).imagesByClass().keySet());
  }

  /** Six hundred images at most, the first of every class before the second of any. */
  @Test
  void imagesOfManyClassesAreShownAsFarAsThereIsRoom() throws IOException {
    List<String> classes = SampleRun.names("class %d", 201);
    for (Path root : List.of(first, second)) {
      new SampleRun(root, classes, 8).imagesInClass(5).imagesPerClass(2).required().evaluated();
    }
    SideBySidePage page = page();
    assertEquals(
        "What every run made of the same class. To keep this page small it shows 600 of 804 images;"
            + " all are in distilled/images of the runs.",
        page.note());
    assertEquals(2, page.classes().get(98).lines().get(1).images().size());
    assertEquals(1, page.classes().get(99).lines().get(1).images().size());
    assertEquals(1, page.classes().get(200).lines().get(0).images().size());
  }
}
