package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.run.StageLog;

class SideBySideTest {

  private static final List<String> SPACES = List.of("pixel", "glad", "ld3m");
  private static final long MOST_BYTES = 10_000_000;

  @TempDir Path folder;
  private Path page;

  @BeforeEach
  void name() {
    page = folder.resolve("page.html");
  }

  private Path run(String space) throws IOException {
    Path root = folder.resolve(space);
    sample(root).space(space).required().evaluated();
    return root;
  }

  private static SampleRun sample(Path root) {
    return new SampleRun(root, SampleRun.CLASSES, 28).imagesInClass(5);
  }

  private List<Path> runs() throws IOException {
    List<Path> runs = new ArrayList<>();
    for (String space : SPACES) {
      runs.add(run(space));
    }
    return runs;
  }

  private String write(List<Path> runs) throws IOException {
    SideBySide.write(runs, page);
    return Files.readString(page);
  }

  private String refused(List<Path> runs) {
    InputException error = assertThrows(InputException.class, () -> SideBySide.write(runs, page));
    assertFalse(Files.exists(page), "nothing is left");
    return error.getMessage();
  }

  private static void edit(Path file, String from, String to) throws IOException {
    String text = Files.readString(file);
    assertTrue(text.contains(from), text);
    Files.writeString(file, text.replace(from, to));
  }

  private static int count(String text, String part) {
    return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
  }

  @Test
  void aSingleRepeatHasNoSpread() throws IOException {
    List<Path> runs = runs();
    assertTrue(write(runs).contains("70.5 ± 0.5"));
    for (Path run : runs) {
      edit(run.resolve("evaluation.json"), "[0.701, 0.712, 0.698, 0.705, 0.709]", "[0.705]");
    }
    String text = write(runs);
    assertTrue(text.contains("70.5"), text);
    assertFalse(text.contains("70.5 ±"), text);
  }

  @Test
  void aPlaceThatCannotBeWrittenIsToldBeforeTheRunsAreRead() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    page = file.resolve("page.html");
    List<Path> none = List.of(folder.resolve("a"), folder.resolve("b"));
    assertEquals("cannot write " + page + ": " + file + " is not a folder", refused(none));
    InputException error = assertThrows(InputException.class, () -> SideBySide.write(none, folder));
    assertEquals("cannot write " + folder + ": it is a folder", error.getMessage());
  }

  @Test
  void noRunIsRefused() {
    assertEquals("no run directory is given: name two or more", refused(List.of()));
  }

  @Test
  void everyClassShowsEveryRun() throws IOException {
    String text = write(runs());
    for (String space : List.of("Pixel space", "GLaD", "LD3M")) {
      for (String name : SampleRun.CLASSES) {
        assertEquals(1, count(text, "synthetic image of class " + name + ", " + space + "\""));
      }
    }
    assertTrue(text.contains("<h1>Pixel space, GLaD, LD3M</h1>"), "title");
    assertTrue(text.contains("70.5"), "accuracy");
  }

  @Test
  void runsOfOneSpaceAreToldApart() throws IOException {
    List<Path> runs = List.of(run("glad"), folder.resolve("other"), folder.resolve("third"));
    for (Path more : runs.subList(1, 3)) {
      sample(more).space("glad").required().evaluated();
    }
    edit(runs.get(1).resolve("config.yaml"), "name: quickstart", "name: second");
    assertTrue(write(runs.subList(0, 2)).contains("GLaD · second"), "by name");
    assertTrue(write(runs).contains("GLaD · " + runs.get(2)), "by directory");
  }

  @Test
  void whatDiffersIsMarked() throws IOException {
    String text = write(runs());
    assertTrue(
        text.contains("<tr class=\"differs\"><th scope=\"row\">generator</th>"), "generator");
    assertTrue(text.contains("<tr><th scope=\"row\">method</th>"), "method");
  }

  @Test
  void everyOtherSettingThatDiffersHasARow() throws IOException {
    List<Path> runs = runs();
    assertFalse(write(runs).contains("distill.network.width"), "the same in all");
    edit(runs.get(1).resolve("config.yaml"), "width: 128", "width: 64");
    edit(runs.get(1).resolve("config.yaml"), "threads: 2", "threads: 4");
    edit(runs.get(1).resolve("config.yaml"), "repeats: 5", "repeats: 4");
    edit(runs.get(2).resolve("config.yaml"), "augment: color_crop_cutout_flip_scale_rotate", "");
    String text = write(runs);
    String row = "<tr class=\"differs\"><th scope=\"row\">distill.network.width</th>";
    assertTrue(text.contains(row), "a key without a row of its own");
    String cells = text.substring(text.indexOf(row) + row.length()).lines().limit(6).toList() + "";
    assertTrue(cells.matches("(?s).*>128<.*>64<.*>128<.*"), cells);
    for (String other : List.of("run.threads", "evaluate.repeats", "distill.augment")) {
      assertFalse(text.contains(other), other);
    }
  }

  @Test
  void longListsThatDifferAtTheirEndDiffer() throws IOException {
    List<Path> runs = runs();
    String source = "data: {";
    edit(runs.get(0).resolve("config.yaml"), source, source + "classes: [a, b, c, d, e, f], ");
    edit(runs.get(1).resolve("config.yaml"), source, source + "classes: [a, b, c, d, e, g], ");
    String text = write(runs);
    assertTrue(text.contains("<td>a, b, c, d, e, f</td><td>a, b, c, d, e, g</td>"), text);
    edit(runs.get(1).resolve("config.yaml"), "[a, b,", "[b, a,");
    text = write(runs);
    assertTrue(
        text.contains("<td>a, b, c, d, e and 1 more</td><td>b, a, c, d, e and 1 more</td>"), text);
  }

  @Test
  void runThatWasNotEvaluatedSaysSo() throws IOException {
    List<Path> runs = runs();
    Files.delete(runs.get(1).resolve("evaluation.json"));
    assertEquals(1, count(write(runs), "not evaluated"));
    Files.writeString(runs.get(1).resolve("evaluation.json"), "{broken");
    assertTrue(write(runs).contains("<li>GLaD: evaluation.json could not be read"), "warning");
  }

  @Test
  void accuraciesOfBeforeARunWasContinuedAreNotShown() throws IOException {
    List<Path> runs = runs();
    StageLog.in(runs.get(1)).setAside(List.of("evaluate", "report"));
    assertEquals(1, count(write(runs), "not evaluated"));
  }

  @Test
  void unfinishedRunIsRefused() throws IOException {
    List<Path> runs = runs();
    Files.writeString(runs.get(2).resolve("stages.json"), "{}");
    assertEquals(
        runs.get(2)
            + " is not finished: its stage 'distill' has not ended; 'run' with --resume continues"
            + " it",
        refused(runs));
    Files.delete(runs.get(2).resolve("stages.json"));
    assertTrue(refused(runs).contains("is not finished"));
    Files.delete(runs.get(2).resolve("config.yaml"));
    assertEquals(runs.get(2) + " is not a run directory: it holds no config.yaml", refused(runs));
  }

  @Test
  void missingOrCutImagesAreNamed() throws IOException {
    List<Path> runs = runs();
    Path images = runs.get(0).resolve("distilled/distilled.safetensors");
    byte[] bytes = Files.readAllBytes(images);
    Files.write(images, Arrays.copyOf(bytes, bytes.length / 2));
    assertTrue(refused(runs).contains("cannot read " + images));
    Files.delete(images);
    assertTrue(refused(runs).contains(images + " is missing"));
  }

  @Test
  void runsOnOtherDataAreRefused() throws IOException {
    List<Path> runs = runs();
    edit(runs.get(1).resolve("stages.json"), "d1", "d2");
    assertTrue(refused(runs).contains("which has changed in between"));
    edit(runs.get(1).resolve("config.yaml"), "builtin:fashion-mnist-mini", "folder:birds");
    assertEquals(
        runs.get(0)
            + " and "
            + runs.get(1)
            + " were distilled from different data (builtin:fashion-mnist-mini and folder:birds);"
            + " side by side stand runs on the same images",
        refused(runs));
  }

  @Test
  void movedDataAndOtherSeedsAreNoOtherData() throws IOException {
    List<Path> runs = runs();
    edit(runs.get(1).resolve("config.yaml"), "builtin:fashion-mnist-mini", "folder:moved");
    edit(runs.get(2).resolve("config.yaml"), "seed: 20", "seed: 21");
    edit(runs.get(2).resolve("stages.json"), "d1", "d2");
    assertTrue(write(runs).contains("<tr class=\"differs\"><th scope=\"row\">seed</th>"));
  }

  @Test
  void classesOfSomeRunsAreLeftOut() throws IOException {
    Path root = folder.resolve("fewer");
    new SampleRun(root, List.of("Bag", "Coat", "Hat"), 28).imagesInClass(5).required().evaluated();
    String text = write(List.of(run("pixel"), root));
    assertTrue(text.contains("2 classes of"), text);
    assertTrue(text.contains("9 classes that not every run has are left out."), text);
    assertFalse(text.contains("Hat"), "a class of one run");
  }

  @Test
  void runsWithoutACommonClassAreRefused() throws IOException {
    Path root = folder.resolve("others");
    new SampleRun(root, List.of("Hat", "Cap"), 28).imagesInClass(5).required().evaluated();
    assertEquals(
        root
            + " has no class in common with "
            + folder.resolve("pixel")
            + ": it has Hat, Cap, not one of T-shirt, Trouser, Pullover, Dress, Coat and 5 more",
        refused(List.of(run("pixel"), root)));
  }

  @Test
  void oneRunOrTheSameTwiceIsRefused() throws IOException {
    Path run = run("pixel");
    assertTrue(refused(List.of(run)).contains("name two or more"));
    assertTrue(refused(List.of(run, run.resolve("../pixel"))).contains("is given twice"));
  }

  @Test
  void manyImagesStaySmall() throws IOException {
    List<Path> runs = new ArrayList<>();
    for (String space : SPACES) {
      Path root = folder.resolve(space);
      new SampleRun(root, List.of("a", "b"), 128)
          .imagesPerClass(150)
          .space(space)
          .required()
          .evaluated();
      runs.add(root);
    }
    String text = write(runs);
    assertTrue(Files.size(page) < MOST_BYTES, () -> page.toFile().length() + " bytes");
    assertTrue(text.contains(" of 900 images"), "says that images are left out");
  }
}
