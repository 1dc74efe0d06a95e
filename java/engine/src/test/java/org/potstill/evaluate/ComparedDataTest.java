package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.InputException;
import org.potstill.run.ConfigText;
import org.potstill.run.DistilledFrom;
import org.potstill.run.Fingerprint;
import org.potstill.run.StageLog;
import org.potstill.tensor.LibTorch;

/** Comparisons of runs as far as it matters which data they are of. */
class ComparedDataTest {

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** A run on record that was distilled from the images of {@code digest}. */
  private Path distilled(String name, String source, String seed, String digest, String... classes)
      throws IOException {
    return noted(name, source, seed, Map.of("distill", digest, "evaluate", digest), classes);
  }

  /** The same with the digests that its stages have noted. */
  private Path noted(
      String name, String source, String seed, Map<String, String> digests, String... classes)
      throws IOException {
    Path run = folder.resolve(name);
    EvaluationFile.write(
        run.resolve(Evaluation.FILE),
        new Evaluation(
            new Evaluation.SetResult(
                Map.of("convnet", new Evaluation.NetworkResult(List.of(0.5, 0.52))), "convnet"),
            Map.of(),
            Map.of("epochs", 10)));
    Files.writeString(
        run.resolve("config.yaml"),
        "run: {seed: " + seed + "}\ndata: {source: '" + source + "', classes: []}\n");
    digests.forEach(
        (stage, digest) -> {
          Fingerprint made =
              Fingerprint.of(digest.isEmpty() ? Map.of() : Map.of("data set", digest));
          StageLog.in(run).put(stage, new StageLog.Entry(made, Map.of(), 1, Map.of()));
        });
    try (DistilledSet set =
        EvaluationRuns.set(
            new PatternDataset(EvaluationRuns.SIDE, 1, 10, classes),
            true,
            new Normalisation(List.of(0.5), List.of(0.5)),
            List.of(classes))) {
      set.write(run.resolve(DistilledSet.FILE));
    }
    return run;
  }

  @Test
  void runsOnOtherDataAreRefusedAsSideBySide() throws IOException {
    Path run = distilled("a", "folder:birds", "1", "d1", "a", "b");
    assertEquals(
        List.of(),
        Comparison.of(run, distilled("moved", "folder:there", "1", "d1", "a", "b"))
            .remarks()
            .stream()
            .filter(remark -> !remark.startsWith("no test of"))
            .toList());
    // Another seed, which the digest takes in.
    Comparison.of(run, distilled("seed", "folder:birds", "2", "d2", "b", "a"));
    assertError(
        run,
        distilled("changed", "folder:birds", "1", "d3", "a", "b"),
        "were distilled from different data (folder:birds, which has changed in between)");
    assertError(
        run,
        distilled("fish", "folder:fish", "1", "d4", "a", "b"),
        "were distilled from different data (folder:birds and folder:fish); accuracies on the same"
            + " data are compared");
  }

  @Test
  void digestsOfAllImagesAndOfTrainingImagesAreNotCompared() throws IOException {
    String source = "folder:birds";
    // As an earlier version noted it.
    Path before = distilled("before", source, "1", "all", "a", "b");
    Map<String, String> training = Map.of("distill", "training");
    Path now = noted("now", source, "1", training, "a", "b");
    Comparison.of(before, now);
    Comparison.of(now, before);
    Path whole =
        noted("whole", source, "1", Map.of("distill", "training", "evaluate", "all"), "a", "b");
    Comparison.of(before, whole);
    Comparison.of(now, whole);
    Path changed = noted("changed", source, "1", Map.of("distill", "other"), "a", "b");
    assertError(now, changed, "which has changed in between");
    assertError(whole, changed, "which has changed in between");
    assertError(changed, whole, "which has changed in between");
  }

  @Test
  void otherTestImagesAreRemarkedOnWhereTheTrainingImagesAreTheSame() throws IOException {
    String source = "folder:birds";
    Map<String, String> one = Map.of("distill", "training", "evaluate", "tests 1");
    Path first = noted("first", source, "1", one, "a", "b");
    Map<String, String> two = Map.of("distill", "training", "evaluate", "tests 2");
    assertEquals(1, ofTestImages(first, noted("second", source, "1", two, "a", "b")));
    assertEquals(0, ofTestImages(first, noted("same", source, "1", one, "a", "b")));
    Map<String, String> none = Map.of("distill", "training");
    assertEquals(0, ofTestImages(first, noted("none", source, "1", none, "a", "b")));
    // Of another seed, digests of all images tell nothing.
    Map<String, String> seed = Map.of("distill", "drawn", "evaluate", "tests 3");
    assertEquals(0, ofTestImages(first, noted("seed", source, "2", seed, "a", "b")));
  }

  private static long ofTestImages(Path first, Path second) {
    return Comparison.of(first, second).remarks().stream()
        .filter(remark -> remark.contains("not measured on the same test images"))
        .count();
  }

  @Test
  void whereADigestIsMissingThePlaceDecides() throws IOException {
    Map<String, String> nothing = Map.of("distill", "", "evaluate", "");
    Path one = noted("one", "folder:birds", "1", nothing, "a", "b");
    Path same = noted("same", "folder:birds", "1", nothing, "a", "b");
    data(one).requireSame(data(same), "rule");
    Path other = noted("other", "folder:fish", "1", nothing, "a", "b");
    String message =
        assertThrows(InputException.class, () -> data(one).requireSame(data(other), "rule"))
            .getMessage();
    assertTrue(message.contains("(folder:birds and folder:fish); rule"), message);
    assertEquals(
        List.of(
            "whether "
                + one
                + " and "
                + other
                + " were distilled from the same data is not known (folder:birds and folder:fish):"
                + " their records do not have the same digests of it"),
        ofUnknownData(one, other));
    assertEquals(List.of(), ofUnknownData(one, same));
  }

  @Test
  void atOtherPlacesWithOtherSeedsItIsNotKnownWhetherDataIsTheSame() throws IOException {
    Path one = distilled("one", "folder:here", "1", "d1", "a", "b");
    Path other = distilled("other", "folder:there", "2", "d2", "a", "b");
    assertEquals(
        List.of(
            "whether "
                + one
                + " and "
                + other
                + " were distilled from the same data is not known (folder:here and folder:there):"
                + " the digests of it on record also take in run.seed and settings, which differ"),
        ofUnknownData(one, other));
    assertEquals(
        List.of(), ofUnknownData(one, distilled("beside", "folder:here", "2", "d2", "a", "b")));
    // Pages show images side by side that are known to be of the same data.
    assertThrows(InputException.class, () -> data(one).requireSame(data(other), "rule"));
    assertError(one, distilled("fish", "folder:there", "2", "d3", "c", "d"), "no class in common");
  }

  private static List<String> ofUnknownData(Path first, Path second) {
    return Comparison.of(first, second).remarks().stream()
        .filter(remark -> remark.contains("not known"))
        .toList();
  }

  private static DistilledFrom data(Path run) {
    return new DistilledFrom(run, ConfigText.read(run.resolve(ConfigText.FILE)));
  }

  @Test
  void runsOnOtherClassesAreRefusedOrRemarkedOn() throws IOException {
    Path run = distilled("a", "folder:birds", "1", "d1", "a", "b");
    Path more = distilled("more", "folder:birds", "2", "d2", "b", "c");
    assertEquals(
        "the runs are not of the same classes: only " + run + " has a; only " + more + " has c",
        Comparison.of(run, more).remarks().stream()
            .filter(remark -> remark.contains("classes"))
            .findFirst()
            .orElse(""));
    Path all = distilled("all", "folder:birds", "2", "d3", "a", "b", "c");
    String only = "the runs are not of the same classes: only " + all + " has c";
    assertTrue(Comparison.of(run, all).remarks().contains(only));
    assertTrue(Comparison.of(all, run).remarks().contains(only));
    Path others = distilled("others", "folder:birds", "2", "d3", "c", "d");
    assertError(
        run,
        others,
        "the two runs have no class in common: " + run + " has a, b, and " + others + " has c, d");
    StageLog.in(others).setAside(List.of("distill"));
    assertError(run, others, "no class in common");
  }

  private static void assertError(Path first, Path second, String word) {
    String message =
        assertThrows(InputException.class, () -> Comparison.of(first, second)).getMessage();
    assertTrue(message.contains(word), message);
  }
}
