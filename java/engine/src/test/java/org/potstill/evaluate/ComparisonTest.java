package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.ImageFolder;
import org.potstill.errors.InputException;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;
import org.potstill.run.SelectedOn;
import org.potstill.run.StageLog;
import org.potstill.tensor.LibTorch;

class ComparisonTest {

  private static final List<Double> FIRST = List.of(0.50, 0.52, 0.48, 0.51);
  private static final List<Double> SECOND = List.of(0.53, 0.53, 0.52, 0.53);

  @TempDir Path folder;

  private Path run(String name, int epochs, Map<String, List<Double>> accuracies) {
    return run(name, epochs, accuracies, "convnet");
  }

  private Path run(
      String name, int epochs, Map<String, List<Double>> accuracies, String distilling) {
    Map<String, Evaluation.NetworkResult> networks = new LinkedHashMap<>();
    accuracies.forEach((key, values) -> networks.put(key, new Evaluation.NetworkResult(values)));
    Evaluation evaluation =
        new Evaluation(
            new Evaluation.SetResult(networks, distilling),
            Map.of("random", new Evaluation.SetResult(networks, distilling)),
            Map.of("epochs", epochs, "selected-iteration", epochs));
    EvaluationFile.write(folder.resolve(name).resolve(Evaluation.FILE), evaluation);
    return folder.resolve(name);
  }

  @Test
  void differencesAreTestedInPairs() {
    Comparison comparison =
        Comparison.of(
            run("a", 10, Map.of("convnet", FIRST)), run("b", 10, Map.of("convnet", SECOND)));
    Comparison.Row row = comparison.rows().get(0);
    assertEquals(0.025, row.difference(), 1e-12);
    // Differences 3, 1, 4 and 2 points: t = 2.5 / (1.29099 / 2) = 3.87298 with three degrees of
    // freedom; 3.18245 is the quantile of 0.975.
    assertEquals(0.0304662, row.p().orElseThrow(), 1e-6);
    assertEquals(3.182446 * 0.0129099 / 2, row.ci95().orElseThrow(), 1e-7);
    assertEquals(List.of(), comparison.remarks());
    assertEquals(1, comparison.rows().size());
  }

  @Test
  void twoRepeatsAllowATest() {
    Path run = run("a", 10, Map.of("convnet", List.of(0.5, 0.6)));
    Comparison comparison =
        Comparison.of(run, run("b", 10, Map.of("convnet", List.of(0.52, 0.63))));
    // Differences of 2 and 3 points: t = 5 with one degree of freedom.
    double p = 1 - 2 * Math.atan(5) / Math.PI;
    assertEquals(p, comparison.rows().get(0).p().orElseThrow(), 1e-9);
    assertEquals(List.of(), comparison.remarks());
    Path none = run("none", 10, Map.of("convnet", List.of(0.0, 0.0)));
    assertEquals(OptionalDouble.empty(), Comparison.of(none, none).rows().get(0).p());
  }

  @Test
  void accuraciesOfBeforeARunWasContinuedAreRemarkedOn() {
    Path first = run("a", 10, Map.of("convnet", FIRST));
    Path second = run("b", 10, Map.of("convnet", SECOND));
    StageLog log = StageLog.in(second);
    log.put("evaluate", new StageLog.Entry(Fingerprint.of(Map.of()), Map.of(), 1, Map.of()));
    assertEquals(List.of(), Comparison.of(first, second).remarks());
    log.setAside(List.of("evaluate"));
    List<String> remarks = Comparison.of(first, second).remarks();
    assertTrue(remarks.get(0).startsWith("the accuracies of " + second), remarks.toString());
    assertEquals(1, remarks.size());
  }

  /** Accuracies of the best of many iterations on test images are too high. */
  @Test
  void whatTheIterationWasChosenOnIsRemarkedOnWhereOneRunAloneChose() {
    Path first = run("a", 10, Map.of("convnet", FIRST));
    Evaluation.SetResult set =
        new Evaluation.SetResult(
            Map.of("convnet", new Evaluation.NetworkResult(SECOND)), "convnet");
    Path second = folder.resolve("b");
    EvaluationFile.write(
        second.resolve(Evaluation.FILE),
        new Evaluation(set, Map.of(), Map.of("epochs", 10, SelectedOn.KEY, "test images")));
    for (Comparison comparison :
        List.of(Comparison.of(first, second), Comparison.of(second, first))) {
      String remark = comparison.remarks().get(0);
      assertTrue(remark.startsWith("the protocols differ: selected-on is "), remark);
      assertTrue(remark.contains(SelectedOn.NOTHING), remark);
      assertEquals(1, comparison.remarks().size());
    }
    EvaluationFile.write(
        second.resolve(Evaluation.FILE),
        new Evaluation(set, Map.of(), Map.of("epochs", 10, SelectedOn.KEY, SelectedOn.NOTHING)));
    assertEquals(List.of(), Comparison.of(first, second).remarks());
  }

  @Test
  void accuraciesOfASetFromElsewhereAreRemarkedOn() throws IOException {
    LibTorch.load();
    EvaluationRuns runs = new EvaluationRuns(folder);
    PatternDataset data = EvaluationRuns.data();
    Path stranger = folder.resolve("a/b/other.safetensors");
    EvaluationRuns.write(data, false, stranger);
    String[] settings = EvaluationRuns.with("evaluate.epochs=1");
    Evaluation own = runs.evaluate("own", data, null, settings);
    assertEquals("of the run", own.protocol().get("images"));
    assertFalse(own.protocol().containsKey("images-sha256"));
    assertFalse(own.protocol().containsKey("images-count"));
    Evaluation other = runs.evaluate("other", data, stranger, settings);
    Path parent = folder.toAbsolutePath().normalize();
    String name = "a/b/other.safetensors";
    assertEquals(name, other.protocol().get("images"));
    assertEquals(Fingerprint.ofFile(stranger), other.protocol().get("images-sha256"));
    assertFalse(other.protocol().toString().contains(parent.toString()), "no folder of the user");
    Path one = folder.resolve("own");
    Path two = folder.resolve("other");
    assertEquals(List.of(), ofWhoseImages(one, one));
    String remark = "the accuracies of " + two + " are those of a set from elsewhere, " + name;
    // It has none of its own that could be measured.
    assertEquals(List.of(remark), ofWhoseImages(one, two));
    StageLog.Entry made = new StageLog.Entry(Fingerprint.of(Map.of()), Map.of(), 1, Map.of());
    StageLog.in(two).put("distill", made);
    Files.writeString(two.resolve("config.yaml"), RunDirectory.CONFIG_MARK + "\nrun: {seed: 1}\n");
    String advice = ", not of the images that it distilled; 'run' with --resume measures these";
    assertEquals(List.of(remark + advice), ofWhoseImages(one, two));
    // The run's own images by their file.
    Path same = two.resolve(DistilledSet.FILE);
    assertEquals(own.protocol(), runs.evaluate("other", data, same, settings).protocol());
  }

  @Test
  void whatLiesInTheRunIsNoSetFromElsewhere() throws IOException {
    LibTorch.load();
    EvaluationRuns runs = new EvaluationRuns(folder);
    PatternDataset data = EvaluationRuns.data();
    String[] settings = EvaluationRuns.with("evaluate.epochs=1");
    Path run = runs.prepared("run");
    Path pictures = run.resolve(ImageFolder.FOLDER);
    try (DistilledSet set = DistilledSet.read(run.resolve(DistilledSet.FILE))) {
      ImageFolder.write(set, pictures);
    }
    // As if by a link to the run.
    Path link = Files.createSymbolicLink(folder.resolve("link"), run);
    for (Path images : List.of(pictures, link.resolve(ImageFolder.FOLDER))) {
      Evaluation evaluation = runs.evaluate("run", data, images, settings);
      assertEquals("of the run", evaluation.protocol().get("images"));
      assertFalse(evaluation.protocol().containsKey("images-sha256"));
    }
    // But they are not what it came to.
    Path initial = run.resolve(DistilledSet.INITIAL_FILE);
    EvaluationRuns.write(data, false, initial);
    Evaluation evaluation = runs.evaluate("run", data, initial, settings);
    assertEquals("of the run: distilled/initial.safetensors", evaluation.protocol().get("images"));
    assertEquals(Fingerprint.ofFile(initial), evaluation.protocol().get("images-sha256"));
    assertEquals(
        List.of("the accuracies of " + run + " are those of its distilled/initial.safetensors"),
        ofWhoseImages(run, run));
  }

  @Test
  void ofOlderFilesTheRecordTellsWhoseImagesTheyAre() {
    Path run = run("a", 10, Map.of("convnet", FIRST));
    assertEquals(List.of(), ofWhoseImages(run, run));
    StageLog.Entry made = new StageLog.Entry(Fingerprint.of(Map.of()), Map.of(), 1, Map.of());
    StageLog.in(run).put("distill", made);
    List<String> remarks = ofWhoseImages(run, run);
    assertEquals(1, remarks.size());
    assertTrue(
        remarks.get(0).startsWith("the accuracies of " + run + " may be those of a set from"),
        remarks.toString());
    StageLog.in(run).put("evaluate", made);
    assertEquals(List.of(), ofWhoseImages(run, run));
  }

  private static List<String> ofWhoseImages(Path first, Path second) {
    return Comparison.of(first, second).remarks().stream()
        .filter(remark -> remark.contains("accuracies of") || remark.contains("images"))
        .toList();
  }

  @Test
  void aRunThatIsNotThereIsNamed() {
    Path run = run("a", 10, Map.of("convnet", FIRST));
    Path none = folder.resolve("none");
    InputException error = assertThrows(InputException.class, () -> Comparison.of(run, none));
    assertEquals(none + " does not exist", error.getMessage());
    Path file = run.resolve(Evaluation.FILE);
    error = assertThrows(InputException.class, () -> Comparison.of(file, run));
    assertEquals(file + " is a file, not a run directory", error.getMessage());
  }

  @Test
  void crossIsComparedOverTheOtherNetworks() {
    Map<String, List<Double>> first = new LinkedHashMap<>();
    first.put("convnet", FIRST);
    first.put("vit", List.of(0.1, 0.2, 0.3, 0.4));
    first.put("alexnet", List.of(0.3, 0.4, 0.5, 0.6));
    Map<String, List<Double>> second = new LinkedHashMap<>(first);
    second.put("vit", List.of(0.2, 0.2, 0.4, 0.4));
    List<Comparison.Row> rows = Comparison.of(run("a", 10, first), run("b", 20, second)).rows();
    assertEquals(
        List.of("convnet", "vit", "alexnet", "cross"),
        rows.stream().map(Comparison.Row::network).toList());
    assertEquals(OptionalDouble.empty(), rows.get(0).p());
    assertEquals(0.35, rows.get(3).first(), 1e-12);
    assertEquals(0.375, rows.get(3).second(), 1e-12);
  }

  @Test
  void crossIsOverTheNetworksThatBothTrainedAndNeitherDistilledWith() {
    Map<String, List<Double>> first = new LinkedHashMap<>();
    first.put("convnet", FIRST);
    first.put("resnet18", FIRST);
    Map<String, List<Double>> second = new LinkedHashMap<>();
    second.put("convnet", SECOND);
    second.put("vgg11", List.of(0.1, 0.1, 0.1, 0.1));
    Path one = run("a", 10, first);
    Comparison none = Comparison.of(one, run("b", 10, second));
    assertEquals(List.of("convnet"), networks(none));
    assertEquals(
        List.of("no cross: each network that both trained distilled one of the runs"),
        none.remarks());
    second.put("resnet18", SECOND);
    Comparison shared = Comparison.of(one, run("b", 10, second));
    assertEquals(List.of("convnet", "resnet18", "cross"), networks(shared));
    assertEquals(shared.rows().get(1).second(), shared.rows().get(2).second());
    assertEquals(shared.rows().get(1).p(), shared.rows().get(2).p());
    assertEquals(
        List.of(
            "cross is over resnet18 alone, which both runs trained and neither distilled with; that"
                + " of the first is over resnet18, that of the second over vgg11, resnet18"),
        shared.remarks());
    List<String> turned = Comparison.of(folder.resolve("b"), one).remarks();
    assertEquals(1, turned.size());
    assertTrue(turned.get(0).endsWith(" that of the second over resnet18"), turned.toString());
    Comparison otherwise = Comparison.of(one, run("b", 10, second, "resnet18"));
    assertEquals(List.of("convnet", "resnet18"), networks(otherwise));
  }

  private static List<String> networks(Comparison comparison) {
    return comparison.rows().stream().map(Comparison.Row::network).toList();
  }

  @Test
  void pairsThatDifferByTheSameButForRoundingAreNotTested() {
    List<Double> more = FIRST.stream().map(accuracy -> accuracy + 0.01).toList();
    Comparison comparison =
        Comparison.of(
            run("a", 10, Map.of("convnet", FIRST)), run("b", 10, Map.of("convnet", more)));
    assertEquals(OptionalDouble.empty(), comparison.rows().get(0).p());
    assertEquals(0.01, comparison.rows().get(0).difference(), 1e-12);
    assertEquals(
        List.of("no test of convnet: all pairs of repeats differ by the same"),
        comparison.remarks());
  }

  @Test
  void oneRepeatAndOtherProtocolsAreRemarkedOn() {
    Comparison comparison =
        Comparison.of(
            run("a", 10, Map.of("convnet", List.of(0.5))),
            run("b", 20, Map.of("convnet", List.of(0.6))));
    assertEquals(OptionalDouble.empty(), comparison.rows().get(0).p());
    assertEquals(OptionalDouble.empty(), comparison.rows().get(0).ci95());
    assertEquals(
        List.of(
            "one repeat allows no test; set evaluate.repeats to at least 2",
            "the protocols differ: epochs is 10 and 20"),
        comparison.remarks());
  }

  @Test
  void onlyRatesOfNetworksThatBothTrainedAreCompared() {
    Evaluation one = atRates("convnet 0.001", "vit 0.001");
    assertEquals(List.of(), remarks(one, atRates("vgg11 1.0E-4", "convnet 0.001")));
    assertEquals(
        List.of(
            "the protocols differ: learning-rate is [convnet 0.001, vit 0.001] and [convnet 0.01]"),
        remarks(one, atRates("convnet 0.01")));
  }

  @Test
  void networksOfAnotherFormAndImagesOfAnotherSizeAreRemarkedOn() {
    Evaluation one = evaluated("resolution", 28, "form", Map.of("convnet", "width 8", "vit", "a"));
    Map<String, String> wider = Map.of("convnet", "width 32", "vgg11", "b");
    assertEquals(List.of(), remarks(one, one));
    assertEquals(
        List.of("the protocols differ: form of convnet is width 8 and width 32"),
        remarks(one, evaluated("resolution", 28, "form", wider)));
    assertEquals(
        List.of("the protocols differ: resolution is 28 and 14"),
        remarks(one, evaluated("resolution", 14)));
  }

  private static Evaluation evaluated(Object... protocol) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < protocol.length; i += 2) {
      values.put((String) protocol[i], protocol[i + 1]);
    }
    Evaluation.NetworkResult result = new Evaluation.NetworkResult(FIRST);
    return new Evaluation(
        new Evaluation.SetResult(Map.of("convnet", result), "convnet"), Map.of(), values);
  }

  private static Evaluation atRates(String... rates) {
    Map<String, Evaluation.NetworkResult> networks = new LinkedHashMap<>();
    for (String rate : rates) {
      String network = rate.substring(0, rate.indexOf(' '));
      networks.put(network, new Evaluation.NetworkResult(FIRST));
    }
    Evaluation.SetResult set = new Evaluation.SetResult(networks, "convnet");
    return new Evaluation(set, Map.of(), Map.of("learning-rate", List.of(rates)));
  }

  private static List<String> remarks(Evaluation first, Evaluation second) {
    return Comparison.of(first, second).remarks().stream()
        .filter(remark -> remark.contains("protocols"))
        .toList();
  }

  @Test
  void runsThatCannotBeComparedAreErrors() throws IOException {
    Path run = run("a", 10, Map.of("convnet", FIRST));
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertError(run, empty, "evaluation.json", "engine.jar evaluate");
    assertError(run, run("b", 10, Map.of("vit", FIRST)), "[convnet]", "[vit]");
    assertError(run, run("c", 10, Map.of("convnet", List.of(0.5))), "convnet", "evaluate.repeats");
    Files.writeString(Files.createDirectories(folder.resolve("d")).resolve("evaluation.json"), "{");
    assertError(run, folder.resolve("d"), "evaluation.json", "JSON");
    Files.writeString(folder.resolve("d/evaluation.json"), "{\"networks\": {\"vit\": {}}}");
    assertError(run, folder.resolve("d"), "evaluation.json", "vit");
  }

  private static void assertError(Path first, Path second, String... words) {
    String message =
        assertThrows(InputException.class, () -> Comparison.of(first, second)).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  @Test
  void intervalIsStudents() {
    Evaluation.NetworkResult result = new Evaluation.NetworkResult(FIRST);
    // Standard deviation with three degrees of freedom 0.0170783.
    assertEquals(3.182446 * 0.0170783 / 2, result.ci95().orElseThrow(), 1e-7);
    assertEquals(OptionalDouble.empty(), new Evaluation.NetworkResult(List.of(0.5)).ci95());
  }
}
