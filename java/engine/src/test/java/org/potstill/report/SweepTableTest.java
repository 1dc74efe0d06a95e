package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.ConfigWriter;
import org.potstill.config.Sweep;
import org.potstill.config.SweepLoader;
import org.potstill.errors.RunFailedException;

/** Runs here reach what SampleRun invents: convnet 70.5 ± 0.5, vit 57.5 ± 0.5, random 52. */
class SweepTableTest {

  private static final String YAML =
      """
      data: {source: 'folder:images'}
      evaluate: {networks: [convnet, vit]}
      sweep:
        over:
          method:
            one & two: {distill.method: dm}
            dc: {distill.method: dc}
          prune.keep: [0.2, 0.5]
        published:
          cross:
            one & two: {0.2: 33.4, mean: 44}
          vit:
            dc: {0.5: 12}
      """;

  @TempDir Path folder;
  private Sweep sweep;

  @BeforeEach
  void loadSweep() throws IOException {
    loadSweep(YAML);
  }

  private void loadSweep(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("keep.yaml"), yaml);
    sweep = SweepLoader.load(file, List.of("run.out=" + folder.resolve("sweep")));
  }

  private void evaluated(int run) throws IOException {
    Path root = sweep.runs().get(run).config().run().out();
    new SampleRun(root, SampleRun.CLASSES, 28).imagesInClass(5).required().evaluated();
    begunWith(root, sweep.runs().get(run).config());
  }

  private static void begunWith(Path root, Config config) throws IOException {
    Files.writeString(root.resolve("config.yaml"), ConfigWriter.toYaml(config));
  }

  private SweepTable table() {
    return SweepTable.read(sweep, Map.of());
  }

  @Test
  void linesShowWhatWasMeasuredBesideWhatWasPublished() throws IOException {
    evaluated(0);
    evaluated(1);
    evaluated(3);
    assertEquals(
        List.of(
            "accuracy in percent, mean over the networks that did not distil; in brackets what was"
                + " published; across: prune.keep",
            "             0.2                 0.5          mean",
            "  one & two  57.5 +- 0.5 [33.4]  57.5 +- 0.5  57.5 [44.0]",
            "  dc         not run             57.5 +- 0.5  -"),
        table().lines());
    assertEquals(3, table().evaluated());
  }

  @Test
  void nothingIsShownBeforeAnythingIsMeasured() {
    assertEquals(List.of(), table().lines());
    SweepTable.update(sweep, Map.of());
    assertTrue(Files.exists(folder.resolve("sweep/table.html")));
  }

  @Test
  void theFileForProgramsHasOneLinePerRunImagesAndFigure() throws IOException {
    evaluated(0);
    SweepTable.update(sweep, Map.of());
    assertEquals(
        """
        method,prune.keep,run,images,figure,accuracy,std,repeats,published
        one & two,0.2,one___two/0.2,distilled,cross,0.575,0.005,2,0.334
        one & two,0.2,one___two/0.2,distilled,vit,0.575,0.005,2,
        one & two,0.2,one___two/0.2,distilled,convnet,0.705,0.005,5,
        one & two,0.2,one___two/0.2,random,convnet,0.52,0.01,2,
        """,
        Files.readString(folder.resolve("sweep/table.csv")));
  }

  @Test
  void thePageHasATablePerFigureAndLeadsToTheReports() throws IOException {
    evaluated(0);
    Path report = sweep.runs().get(0).config().run().out().resolve("report.html");
    Files.writeString(report, "<html>");
    Path stopped = Files.createDirectories(sweep.runs().get(1).config().run().out());
    Files.copy(report.resolveSibling("stages.json"), stopped.resolve("stages.json"));
    cutAfter(stopped.resolve("stages.json"), "prune");
    RuntimeException full = new RunFailedException("no <room> left");
    SweepTable.update(sweep, failure(3, full));
    String page = Files.readString(folder.resolve("sweep/table.html"));
    assertTrue(page.contains("<a class=\"accuracy\" href=\"one___two/0.2/report.html\">"), page);
    assertTrue(page.contains("1 of 4 runs measured"), page);
    assertTrue(page.contains("<th scope=\"row\">one &amp; two</th>"), page);
    assertTrue(page.contains("published 33.4"), page);
    assertTrue(page.contains("after prune"), page);
    assertTrue(page.contains("<li>dc/0.5: failed: no &lt;room&gt; left</li>"), page);
    for (String title : List.of("Across networks", "convnet", "vit")) {
      assertTrue(page.contains("<h2>" + title + "</h2>"), title);
    }
    assertTrue(page.contains("How all were measured"), page);
    assertFalse(page.contains("{{"), page);
  }

  @Test
  void whatWasPublishedOfABaselineStandsBesideIt() throws IOException {
    loadSweep(YAML + "    random: {convnet: {one & two: {0.2: 47.1}}}\n");
    evaluated(0);
    evaluated(1);
    SweepTable.update(sweep, Map.of());
    String csv = Files.readString(folder.resolve("sweep/table.csv"));
    assertTrue(csv.contains("one___two/0.2,random,convnet,0.52,0.01,2,0.471\n"), csv);
    assertTrue(csv.contains("one___two/0.5,random,convnet,0.52,0.01,2,\n"), csv);
    assertTrue(csv.contains("one___two/0.2,distilled,convnet,0.705,0.005,5,\n"), csv);
    String page = Files.readString(folder.resolve("sweep/table.html"));
    String note = "random " + Numbers.percent(0.52) + ", published " + Numbers.percent(0.471);
    assertTrue(page.contains(note), page);
    assertTrue(table().lines().get(0).contains("mean over the networks"), "no figure of its own");
  }

  @Test
  void whatIsBrokenIsToldAndDoesNotHideTheRest() throws IOException {
    evaluated(0);
    evaluated(1);
    Path broken = sweep.runs().get(0).config().run().out();
    Files.writeString(broken.resolve("evaluation.json"), "{");
    SweepTable table = table();
    assertEquals(1, table.evaluated());
    assertEquals(1, table.warnings().size());
    assertTrue(table.warnings().get(0).startsWith("one___two/0.2: evaluation.json could not be"));
  }

  /** As after the axes of the file changed places: 0.2 under one name is 0.5 under another. */
  @Test
  void aDirectoryIsNotShownAsARunThatItIsNot() throws IOException {
    evaluated(0);
    evaluated(1);
    begunWith(sweep.runs().get(1).config().run().out(), sweep.runs().get(0).config());
    SweepTable table = table();
    assertEquals(1, table.evaluated());
    assertEquals(
        List.of("one___two/0.5: was run with prune.keep 0.2, not 0.5, and is not shown"),
        table.warnings());
  }

  /** As after a value of an axis of the evaluation got another meaning. */
  @Test
  void aDirectoryIsNotShownUnderAValueThatItWasNotMeasuredWith() throws IOException {
    loadSweep(YAML.replace("prune.keep", "evaluate.epochs").replace("0.", "1"));
    evaluated(0);
    evaluated(1);
    evaluated(2);
    begunWith(sweep.runs().get(1).config().run().out(), sweep.runs().get(0).config());
    // What is the same in all runs may change, and is in the comparison of protocols.
    Config more = ConfigLoader.load(written(2), List.of("evaluate.repeats=9"));
    begunWith(sweep.runs().get(2).config().run().out(), more);
    SweepTable table = table();
    assertEquals(2, table.evaluated());
    assertEquals(
        List.of("one___two/15: was run with evaluate.epochs 12, not 15, and is not shown"),
        table.warnings());
  }

  @Test
  void aRunIsShownWhereItsWeightsWereMoved() throws IOException {
    String named = "data: {source: 'folder:images'}\nscore: {weights: ";
    loadSweep(YAML.replaceFirst("data.*\n", named + "old.pth}\n"));
    evaluated(0);
    loadSweep(YAML.replaceFirst("data.*\n", named + "new.pth}\n"));
    assertEquals(List.of(), table().warnings());
    assertEquals(1, table().evaluated());
    loadSweep(YAML.replaceFirst("data.*\n", named + "train}\n"));
    assertTrue(table().warnings().get(0).contains("was run with score."), table().warnings() + "");

    loadSweep(YAML.replaceAll("(?s)prune.keep.*", "score.weights: [a.pth, b.pth]\n"));
    Path swapped = sweep.runs().get(1).config().run().out();
    new SampleRun(swapped, SampleRun.CLASSES, 28).imagesInClass(5).required().evaluated();
    begunWith(swapped, sweep.runs().get(0).config());
    assertTrue(table().warnings().toString().contains("with score.weights"));
  }

  private Path written(int run) {
    return sweep.runs().get(run).config().run().out().resolve("config.yaml");
  }

  @Test
  void runsThatWereMeasuredOtherwiseAreWarnedOf() throws IOException {
    evaluated(0);
    evaluated(1);
    Path file = sweep.runs().get(1).config().run().out().resolve("evaluation.json");
    String text = Files.readString(file);
    assertTrue(text.contains("\"epochs\": 300"), text);
    Files.writeString(file, text.replace("\"epochs\": 300", "\"epochs\": 20"));
    assertEquals(List.of("not all runs were measured alike: epochs 20; 300"), table().warnings());
    String chosen = "\"epochs\": 300, \"selected-on\": \"test images\"";
    Files.writeString(file, text.replace("\"epochs\": 300", chosen));
    assertEquals(
        List.of(
            "not all runs were measured alike: selected-on nothing: the last iteration; test"
                + " images"),
        table().warnings());
  }

  @Test
  void ratesAreComparedByNetwork() throws IOException {
    evaluated(0);
    evaluated(1);
    measuredAt(0, "convnet 0.001", "vit 0.001");
    measuredAt(1, "convnet 0.001");
    assertEquals(List.of(), table().warnings());
    measuredAt(1, "vit 0.01");
    assertEquals(
        List.of("not all runs were measured alike: learning-rate of vit 0.001; 0.01"),
        table().warnings());
  }

  @Test
  void maximaStandBesideWhatWasChosen() throws IOException {
    evaluated(0);
    Path root = sweep.runs().get(0).config().run().out();
    Path file = root.resolve("evaluation.json");
    String maxima =
        "\"maxima\": {\"networks\": {\"convnet\": {\"accuracies\": [0.81, 0.83], \"mean\": 0.82,"
            + " \"std\": 0.01}}, \"cross\": {\"mean\": 0.62, \"std\": 0.02}}, ";
    String text = Files.readString(file);
    Files.writeString(file, text.replace("\"protocol\"", maxima + "\"protocol\""));
    SweepTable.update(sweep, Map.of());
    String csv = Files.readString(folder.resolve("sweep/table.csv"));
    assertTrue(csv.contains(",maxima,convnet,0.82,0.01,2,"), csv);
    String page = Files.readString(folder.resolve("sweep/table.html"));
    assertTrue(page.contains("best of each 82.0"), page);
    assertTrue(page.contains("best of each 62.0"), page);
  }

  @Test
  void formsAreComparedByNetwork() throws IOException {
    evaluated(0);
    evaluated(1);
    measuredIn(0, "{\"convnet\": \"width 8\", \"vit\": \"norm layer\"}");
    measuredIn(1, "{\"convnet\": \"width 8\"}");
    assertEquals(List.of(), table().warnings());
    measuredIn(1, "{\"convnet\": \"width 32\"}");
    assertEquals(
        List.of("not all runs were measured alike: form of convnet width 32; width 8"),
        table().warnings());
  }

  private void measuredIn(int run, String forms) throws IOException {
    Path file = sweep.runs().get(run).config().run().out().resolve("evaluation.json");
    String without = Files.readString(file).replaceAll("\"form\": [^}]*}, ", "");
    assertTrue(without.contains("\"epochs\""), without);
    Files.writeString(file, without.replace("\"epochs\"", "\"form\": " + forms + ", \"epochs\""));
  }

  private void measuredAt(int run, String... rates) throws IOException {
    Path file = sweep.runs().get(run).config().run().out().resolve("evaluation.json");
    String without = Files.readString(file).replaceAll("\"learning-rate\": [^]]*], ", "");
    String list = "\"learning-rate\": [\"" + String.join("\", \"", rates) + "\"], ";
    assertTrue(without.contains("\"epochs\""), without);
    Files.writeString(file, without.replace("\"epochs\"", list + "\"epochs\""));
  }

  private Map<Sweep.Run, SweepTable.Failure> failure(int run, RuntimeException reason) {
    Sweep.Run failed = sweep.runs().get(run);
    return Map.of(failed, SweepTable.Failure.of(failed, reason));
  }

  @Test
  void whatFailedHereAndWasRunElsewhereIsShown() throws IOException {
    Map<Sweep.Run, SweepTable.Failure> failed = failure(0, new RunFailedException("locked"));
    evaluated(0);
    SweepTable table = SweepTable.read(sweep, failed);
    assertEquals(List.of(), table.failures());
    assertEquals(1, table.evaluated());
  }

  @Test
  void whatFailedHereIsToldAlsoWhereItWasEvaluatedEarlier() throws IOException {
    evaluated(0);
    SweepTable table = SweepTable.read(sweep, failure(0, new RunFailedException("no room")));
    assertEquals(List.of("one___two/0.2: failed: no room"), table.failures());
    assertEquals(1, table.evaluated());
  }

  /** As where the other process that is at it has set the earlier evaluation aside. */
  @Test
  void whatFailedHereIsToldWhereItsEarlierEvaluationIsGone() throws IOException {
    evaluated(0);
    Map<Sweep.Run, SweepTable.Failure> failed = failure(0, new RunFailedException("locked"));
    Files.delete(sweep.runs().get(0).config().run().out().resolve("stages.json"));
    SweepTable table = SweepTable.read(sweep, failed);
    assertEquals(List.of("one___two/0.2: failed: locked"), table.failures());
    assertEquals(failed.keySet(), table.failed());
  }

  @Test
  void publishedFiguresDoNotHideWhatWasMeasured() throws IOException {
    evaluated(0);
    Path file = sweep.runs().get(0).config().run().out().resolve("evaluation.json");
    Files.writeString(
        file,
        Files.readString(file).replace("\"cross\": {\"mean\": 0.575, \"std\": 0.005}", "\"x\": 1"));
    assertTrue(table().lines().get(0).contains("of vit"), table().lines().toString());
  }

  @Test
  void thoseWhoWriteItAtOnceDoNotDisturbEachOther() throws Exception {
    evaluated(0);
    List<Thread> writers = new ArrayList<>();
    Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < 4; i++) {
      Thread writer =
          new Thread(
              () -> {
                for (int j = 0; j < 10; j++) {
                  SweepTable.update(sweep, Map.of());
                }
              });
      writer.setUncaughtExceptionHandler((thread, error) -> errors.add(error));
      writers.add(writer);
      writer.start();
    }
    for (Thread writer : writers) {
      writer.join();
    }
    assertEquals(List.of(), List.copyOf(errors));
    try (Stream<Path> files = Files.list(sweep.out())) {
      assertFalse(files.anyMatch(file -> file.toString().endsWith(".part")));
    }
  }

  /** Leaves the stages up to {@code last}. */
  private static void cutAfter(Path stages, String last) throws IOException {
    var json = new com.fasterxml.jackson.databind.ObjectMapper();
    var tree = (com.fasterxml.jackson.databind.node.ObjectNode) json.readTree(stages.toFile());
    boolean after = false;
    for (String name : List.of("score", "prune", "distill", "evaluate")) {
      if (after) {
        tree.remove(name);
      }
      after = after || name.equals(last);
    }
    Files.writeString(stages, tree.toString());
  }
}
