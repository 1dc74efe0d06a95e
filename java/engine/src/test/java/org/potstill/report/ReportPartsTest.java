package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The figures and words of a report on 500 invented images, of which 100 are kept. */
class ReportPartsTest {

  @TempDir Path root;
  private SampleRun run;

  @BeforeEach
  void write() throws IOException {
    run = new SampleRun(root, SampleRun.CLASSES, 28).imagesInClass(50).thumbnails(2);
    run.required().optional();
  }

  private void edit(String file, String from, String to) throws IOException {
    String text = Files.readString(root.resolve(file));
    assertTrue(text.contains(from), text);
    Files.writeString(root.resolve(file), text.replace(from, to));
  }

  private void history(int... iterations) throws IOException {
    Path some = root.resolve("distilled/history/000500.safetensors");
    for (int iteration : iterations) {
      String name = String.format(Locale.ROOT, "%06d.safetensors", iteration);
      Files.copy(some, some.resolveSibling(name));
    }
  }

  private static List<String> labels(DistilledRows.Strip strip) {
    return strip.frames().stream().map(DistilledRows.Frame::label).toList();
  }

  @Test
  void everyImageIsShownFromItsStartToTheResult() {
    DistilledRows shown = new DistilledRows(run.files());
    List<DistilledRows.Row> rows = shown.rows();
    assertEquals(SampleRun.CLASSES, rows.stream().map(DistilledRows.Row::name).toList());
    assertEquals(3, shown.frames());
    for (DistilledRows.Row row : rows) {
      assertEquals(1, row.images().size());
      assertEquals(List.of("start", "after 500", "result"), labels(row.images().get(0)));
    }
    List<DistilledRows.Frame> frames = rows.get(8).images().get(0).frames();
    assertEquals("synthetic image 8 of class Bag, start", frames.get(0).picture().alt());
    assertEquals("synthetic image 8 of class Bag, result", frames.get(2).picture().alt());
    assertEquals(List.of(false, false, true), frames.stream().map(f -> f.last()).toList());
    assertEquals(3, frames.stream().map(frame -> frame.picture().source()).distinct().count());
    assertEquals("From the images they started from, on the left, to the result.", shown.note());
  }

  /** What was evaluated is the result, and what was made of it later is not on the way to it. */
  @Test
  void noMoreThanThreeEarlierStatesAreShownAndNoneOfLater() throws IOException {
    history(250, 750, 1000, 1500, 2000);
    DistilledRows shown = new DistilledRows(run.files());
    assertEquals(
        List.of("start", "after 250", "after 750", "result"),
        labels(shown.rows().get(0).images().get(0)));
    Files.delete(root.resolve("evaluation.json"));
    Files.delete(root.resolve("distilled/initial.safetensors"));
    shown = new DistilledRows(run.files());
    assertEquals(
        List.of("after 250", "after 500", "after 1000", "result"),
        labels(shown.rows().get(0).images().get(0)));
    assertEquals("From an earlier iteration, on the left, to the result.", shown.note());
  }

  @Test
  void earlierStatesOfOtherImagesAreNotShown() throws IOException {
    Path others = root.resolve("others");
    new SampleRun(others, SampleRun.CLASSES.subList(0, 3), 28).required();
    Path image = others.resolve("distilled/distilled.safetensors");
    for (String name : List.of("initial.safetensors", "history/000500.safetensors")) {
      Files.copy(
          image, root.resolve("distilled").resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
    DistilledRows shown = new DistilledRows(run.files());
    assertEquals(List.of("result"), labels(shown.rows().get(0).images().get(0)));
    assertEquals(
        "The run keeps no images of the start, so only the results are shown.", shown.note());
  }

  @Test
  void severalImagesOfAClassStandInItsRow() throws IOException {
    Path more = root.resolve("more");
    SampleRun several = new SampleRun(more, List.of("a", "b"), 28).imagesPerClass(3);
    DistilledRows shown = new DistilledRows(several.required().files());
    List<DistilledRows.Row> rows = shown.rows();
    assertEquals(2, rows.size());
    List<String> alts =
        rows.get(1).images().stream().map(strip -> strip.frames().get(0).picture().alt()).toList();
    List<String> expected =
        IntStream.range(3, 6)
            .mapToObj(i -> "synthetic image " + i + " of class b, result")
            .toList();
    assertEquals(expected, alts);
    assertFalse(shown.note().contains("small"), shown.note());
    assertEquals("3 per class", figure(several.files(), "Distilled").note());
  }

  private static HeadFigures.Figure figure(RunFiles files, String label) {
    return HeadFigures.of(files).stream()
        .filter(figure -> figure.label().equals(label))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theHeadCountsWhatWentInAndWhatCameOut() {
    assertEquals(
        List.of(
            new HeadFigures.Figure("Images in", "500", "in 10 classes"),
            new HeadFigures.Figure("Kept", "100", "20.0\u202f% of them"),
            new HeadFigures.Figure("Distilled", "10", "1 per class"),
            new HeadFigures.Figure(
                "Accuracy", "70.5\u202f%", "+18.5 points; 52.0\u202f% from as many random images"),
            new HeadFigures.Figure("Compression", "50×", "images in for one distilled")),
        HeadFigures.of(run.files()));
  }

  @Test
  void theHeadShowsTheNetworkThatDistilledOrElseTheFirst() throws IOException {
    edit("config.yaml", "network: {name: convnet", "network: {name: vit");
    assertEquals(
        new HeadFigures.Figure("Accuracy", "57.5\u202f%", "of vit"),
        figure(run.files(), "Accuracy"));
    edit("config.yaml", "network: {name: vit", "network: {name: alexnet");
    assertEquals("70.5\u202f%", figure(run.files(), "Accuracy").value());
    edit("evaluation.json", "\"networks\": {\"convnet\"", "\"networks\": {}, \"x\": {\"convnet\"");
    assertEquals(
        new HeadFigures.Figure("Accuracy", "–", "not evaluated"), figure(run.files(), "Accuracy"));
  }

  @Test
  void thePipelineNarrowsWithTheLogarithmOfItsImages() {
    // 4 + 46 log(n) / log(500) percent.
    String spaced = "\u202f";
    assertEquals(
        List.of(
            step(
                "source",
                "500 images",
                "builtin:fashion-mnist-mini, 10_% more held back",
                "",
                50,
                50),
            step("score", "500 losses", "resnet18, trained out of fold", "41_s", 50, 50),
            step("prune", "100 kept", "the easiest 20_% of every class", "0.2_s", 50, 38.1),
            step(
                "distill",
                "10 images",
                "DM in pixel space, 2_000 iterations",
                "2_min 8_s",
                38.1,
                21),
            step("evaluate", "70.5_%", "accuracy of convnet", "1_min 4_s", 21, 21)),
        PipelineSteps.of(run.files()).stream()
            .map(
                s ->
                    new PipelineSteps.Step(
                        s.name(),
                        s.figure().replace(spaced, "_"),
                        s.note().replace(spaced, "_"),
                        s.time().replace(spaced, "_"),
                        s.from(),
                        s.to()))
            .toList());
  }

  private static PipelineSteps.Step step(
      String name, String figure, String note, String time, double from, double to) {
    return new PipelineSteps.Step(name, figure, note, time, from + "%", to + "%");
  }

  private List<String> notes() {
    return PipelineSteps.of(run.files()).stream().map(PipelineSteps.Step::note).toList();
  }

  @Test
  void thePipelineSaysHowItsStagesWork() throws IOException {
    edit("config.yaml", "mode: easy, keep: 0.2", "mode: hard, keep: 0.125");
    edit("config.yaml", "weights: train", "weights: '/scorer.pth'");
    edit("config.yaml", ", validation-share: 0.1", ", validation-share: 0");
    assertEquals(
        List.of(
            "builtin:fashion-mnist-mini",
            "resnet18, pretrained",
            "the hardest 12.5\u202f% of every class",
            "DM in pixel space, 2\u202f000 iterations",
            "accuracy of convnet"),
        notes());
  }

  @Test
  void scoresOfAnotherRunAreNotSaidToBeThoseOfAScorerOfThisOne() throws IOException {
    edit("config.yaml", "folds: 2}", "folds: 2, from: none}");
    assertEquals("resnet18, trained out of fold", notes().get(1));
    edit("config.yaml", "from: none}", "from: '/runs/other'}");
    assertEquals("taken from another run", notes().get(1));
  }

  @Test
  void aSingleExpertAndASingleIterationAreSaidToBeOne() throws IOException {
    edit("config.yaml", "iterations: 2000", "iterations: 1");
    edit("config.yaml", "evaluate: {", "experts: {count: 1}\nevaluate: {");
    List<PipelineSteps.Step> steps = PipelineSteps.of(run.files());
    assertEquals("1 expert", steps.get(3).figure());
    assertEquals("DM in pixel space, 1 iteration", steps.get(4).note());
    edit("config.yaml", "count: 1}", "count: 100}");
    assertEquals("100 experts", PipelineSteps.of(run.files()).get(3).figure());
  }

  @Test
  void timesAreThoseOnRecordOrElseOfTheLog() throws IOException {
    assertEquals(
        List.of("score 41_s", "prune 0.2_s", "distill 2_min 8_s", "evaluate 1_min 4_s").toString(),
        times().subList(0, 4).toString());
    // 41.3, 0.2, 127.9 and 64.
    assertEquals(List.of("in all 3_min 53_s"), times().subList(4, 5));
    Files.writeString(root.resolve("stages.json"), "{}");
    // 200 lines of 0.06 s.
    assertEquals(List.of("distill 12_s"), times());
    String lines =
        """
        {"stage": "evaluate", "step": 1, "seconds": 3.5}
        {"stage": "report", "step": 1, "seconds": 99}
        {"stage": "evaluate", "step": 2, "seconds": 1.5}
        """;
    Files.writeString(root.resolve("metrics.jsonl"), lines);
    assertEquals(List.of("evaluate 5.0_s"), times());
  }

  private List<String> times() {
    return Page.of(run.files()).times().stream()
        .map(entry -> entry.name() + " " + entry.value().replace("\u202f", "_"))
        .toList();
  }

  @Test
  void everyClassHasALineInTheTable() throws IOException {
    String table = "id,class,loss\r\na,n01,0.5\r\nb,n01,0.1\r\nc,n01,2\r\nd,n02,1\r\n";
    Files.writeString(root.resolve("scores.csv"), table);
    Files.writeString(
        root.resolve("coreset.csv"), "id,class,loss\r\nb,n01,0.1\r\na,n01,0.5\r\nd,n02,1\r\n");
    assertEquals(
        List.of(
            new Page.ClassRow("n01", "", "3", "2", "0.500", "0.500"),
            new Page.ClassRow("n02", "", "1", "1", "1.00", "–")),
        Page.of(run.files()).classes());
    edit("config.yaml", "mode: easy", "mode: hard");
    assertEquals("0.100", Page.of(run.files()).classes().get(0).cut());
    edit("config.yaml", "mode: hard", "mode: random");
    assertEquals("–", Page.of(run.files()).classes().get(0).cut());
  }

  @Test
  void classesHaveTheKeysOfTheirSourceBesideTheirNames() throws IOException {
    Path named = root.resolve("named");
    SampleRun keyed = new SampleRun(named, List.of("tench", "n02"), 28).imagesInClass(5);
    Page page = Page.of(keyed.keys(List.of("n01", "n02")).required().files());
    assertEquals(
        List.of("tench n01", "n02 "),
        page.classes().stream().map(row -> row.name() + " " + row.key()).toList());
    assertEquals(
        "10 images of builtin:fashion-mnist-mini, distilled to 2 of 28 × 28 pixels.",
        page.summary());
    assertEquals("quickstart", page.name());
    assertEquals("20", page.seed());
  }

  private List<String> warnings() {
    return Warnings.of(run.files()).stream()
        .map(warning -> warning.text() + " " + String.join("; ", warning.details()))
        .toList();
  }

  @Test
  void imagesThatWereLeftOutAndLossesThatAreNoNumbersAreWarnedOf() throws IOException {
    String leftOut = "train/Bag/a, \"b\".jpg: ends early; train/Coat/<i>.png: not an image";
    assertEquals(List.of("2 images could not be read and were left out: " + leftOut), warnings());
    Files.writeString(
        root.resolve("scores.csv"), "x,Bag,NaN\r\ny,Coat,NaN\r\n", StandardOpenOption.APPEND);
    assertEquals(
        "2 classes have an image whose loss is not a number; such images rank as the hardest:"
            + " Coat; Bag",
        warnings().get(0));
    StringBuilder table = new StringBuilder("id,reason\r\n");
    IntStream.range(0, 14).forEach(i -> table.append("i").append(i).append(",bad\r\n"));
    Files.writeString(root.resolve("left-out.csv"), table);
    assertTrue(warnings().get(1).endsWith("i10: bad; i11: bad; and 2 more"), warnings().get(1));
    Files.writeString(root.resolve("left-out.csv"), "id,reason\r\na,bad\r\n");
    assertEquals("1 image could not be read and was left out: a: bad", warnings().get(1));
  }

  @Test
  void networksThatWereTrainedOnceAreWarnedOf() throws IOException {
    Files.delete(root.resolve("left-out.csv"));
    assertEquals(List.of(), warnings());
    edit("evaluation.json", "[0.58, 0.57]", "[0.58]");
    assertEquals(
        List.of("Every network was trained once, so no spread can be given. "), warnings());
  }

  @Test
  void theTableOfAccuraciesHasNetworksDownAndSetsAcross() throws IOException {
    String maxima =
        "\"maxima\": {\"networks\": {\"vit\": {\"accuracies\": [0.6, 0.62], \"mean\": 0.61,"
            + " \"std\": 0.01, \"ci95\": 0.02}}}, ";
    edit("evaluation.json", "\"protocol\"", maxima + "\"protocol\"");
    EvaluationRows.Table table = EvaluationRows.of(run.files().evaluation());
    assertEquals(
        List.of("distilled", "distilled, best iteration of each network", "random images"),
        table.sets());
    EvaluationRows.Cell none = new EvaluationRows.Cell("–", "", "0%");
    EvaluationRows.Cell vit = new EvaluationRows.Cell("57.5 ± 0.5\u202f%", "", "57.5%");
    EvaluationRows.Cell best =
        new EvaluationRows.Cell("61.0 ± 1.0\u202f%", "95 %: 59.0 to 63.0", "61.0%");
    assertEquals(
        List.of(
            new EvaluationRows.Row(
                "convnet",
                List.of(
                    new EvaluationRows.Cell("70.5 ± 0.5\u202f%", "", "70.5%"),
                    none,
                    new EvaluationRows.Cell("52.0 ± 1.0\u202f%", "", "52.0%")),
                "5"),
            new EvaluationRows.Row("vit", List.of(vit, best, none), "2"),
            new EvaluationRows.Row("mean of the others", List.of(vit, none, none), "2")),
        table.rows());
    assertEquals(
        List.of("name", "epochs", "batch", "augment", "selected-iteration"),
        table.protocol().stream().map(EvaluationRows.Entry::name).toList());
  }

  @Test
  void theGalleryShowsEasyAndHardImagesWithTheirLosses() throws IOException {
    GalleryRows gallery = new GalleryRows(run.files());
    assertEquals(SampleRun.CLASSES, gallery.rows().stream().map(GalleryRows.Row::name).toList());
    GalleryRows.Row row = gallery.rows().get(8);
    assertEquals(List.of("4e-4", "8e-4"), losses(row.easy()));
    assertEquals(List.of("6.00", "3.00"), losses(row.hard()));
    assertEquals("train/8/hard-01.png", row.hard().get(1).id());
    assertEquals("hard image of class Bag, loss 3.00", row.hard().get(1).picture().alt());
    assertEquals("easy image of class Bag, loss 8e-4", row.easy().get(1).picture().alt());
    assertEquals(
        "Lowest and highest loss of every class, with the loss below each image.", gallery.note());
    Files.delete(root.resolve("gallery/8/easy-00.png"));
    Files.writeString(root.resolve("gallery/8/hard-00.png"), "damaged");
    row = new GalleryRows(run.files()).rows().get(8);
    assertEquals(List.of("8e-4"), losses(row.easy()));
    assertEquals(List.of("3.00"), losses(row.hard()));
  }

  private static List<String> losses(List<GalleryRows.Thumbnail> thumbnails) {
    return thumbnails.stream().map(GalleryRows.Thumbnail::loss).toList();
  }

  @Test
  void aRunThatWasContinuedElsewhereShowsBothVersions() throws IOException {
    String java = "\"Java\":\"17.0.15\"";
    String text = Files.readString(root.resolve("stages.json"));
    int last = text.lastIndexOf(java);
    Files.writeString(
        root.resolve("stages.json"),
        text.substring(0, last) + "\"Java\":\"21\"" + text.substring(last + java.length()));
    assertEquals(
        List.of("Java 17.0.15, then 21", "LibTorch 2.10.0", "engine 0.1.0"),
        run.files().versions().entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .toList());
  }
}
