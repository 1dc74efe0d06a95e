package org.potstill.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.config.PruneConfig;
import org.potstill.config.PruneConfig.Mode;
import org.potstill.data.ImageRecord;
import org.potstill.data.ListedDataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.JavaKernels;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.score.LeftOut;
import org.potstill.score.Scores;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.Heard;

class PruneStageTest {

  private static final String[] CLASSES = {"cat, \"wild\"", "dog"};

  @TempDir Path folder;
  private RunDirectory directory;
  private final Heard heard = new Heard();

  @BeforeEach
  void open() {
    directory = RunDirectory.open(folder.resolve("run"), Existing.FAIL);
  }

  @AfterEach
  void close() {
    directory.close();
  }

  private CoreSet prune(Mode mode, double keep, ListedDataset data) {
    return prune(mode, keep, data, 1);
  }

  private CoreSet prune(Mode mode, double keep, ListedDataset data, long seed) {
    RunContext context = new RunContext(directory, heard, new CancellationToken(), seed, 1);
    return new PruneStage(new PruneConfig(mode, keep), data, context, new JavaKernels()).run();
  }

  /** Ten cats with losses 10 down to 1, five dogs with losses 0 (tie), 0, 2, 3, 4. */
  private static ListedDataset data() {
    ListedDataset data = new ListedDataset(CLASSES);
    for (int i = 0; i < 15; i++) {
      data.with("train/" + i + "\n.png", i < 10 ? 0 : 1);
    }
    return data;
  }

  private void writeScores(ListedDataset data) {
    List<Scores.Entry> entries = new ArrayList<>();
    List<ImageRecord> images = data.training();
    for (int i = 0; i < images.size(); i++) {
      float loss = i < 10 ? 10 - i : Math.max(0, i - 10) == 1 ? 0 : i - 10;
      String key = CLASSES[images.get(i).classIndex()];
      entries.add(new Scores.Entry(images.get(i).id(), key, loss));
    }
    new Scores(entries).write(directory.resolve(Scores.FILE));
  }

  /** The core-set of a random share does not tell it, and a repeated stage tells it once. */
  @Test
  void howManyImagesThereWereIsLogged() throws IOException {
    prune(Mode.RANDOM, 0.5, data());
    prune(Mode.RANDOM, 0.2, data());
    List<String> lines = Files.readAllLines(directory.resolve("metrics.jsonl"));
    assertEquals(1, lines.size());
    assertTrue(lines.get(0).startsWith("{\"stage\":\"prune\",\"step\":1,"), lines.get(0));
    assertTrue(lines.get(0).endsWith("\"images\":15.0,\"kept\":3.0}"), lines.get(0));
  }

  private static List<String> ids(CoreSet coreSet) {
    return coreSet.entries().stream().map(CoreSet.Entry::id).toList();
  }

  private static List<String> named(int... indices) {
    List<String> ids = new ArrayList<>();
    for (int i : indices) {
      ids.add("train/" + i + "\n.png");
    }
    return ids;
  }

  @Test
  void thousandClassesAreEachPruned() {
    LibTorch.load();
    int classes = 1000;
    float[] losses = new float[10 * classes];
    int[] classOf = new int[losses.length];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = -i;
      classOf[i] = i % classes;
    }
    int[] keep = new int[classes];
    Arrays.fill(keep, Selection.keepCount(0.2, 10));
    int[][] kept = new Selection(new JavaKernels(), 0).select(Mode.EASY, losses, classOf, keep);
    for (int c = 0; c < classes; c++) {
      assertArrayEquals(new int[] {9 * classes + c, 8 * classes + c}, kept[c]);
    }
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void samplesThatDoNotFitAreRefusedInEveryMode(Mode mode) {
    LibTorch.load();
    float[] two = {1, 2};
    assertRefused("1 losses are given for 2 samples", mode, new float[] {1}, new int[] {0, 1}, 1);
    assertRefused("2 losses are given for 1 samples", mode, two, new int[] {0}, 1);
    assertRefused("class 5", mode, two, new int[] {0, 5}, 1);
    assertRefused("class 2 is none of 2", mode, two, new int[] {0, 2}, 1);
    assertRefused("class -1 is none of 2", mode, two, new int[] {0, -1}, 1);
    if (mode != Mode.NONE) {
      assertRefused("class 0 holds 1", mode, two, new int[] {0, 1}, 2);
      assertRefused("-1", mode, two, new int[] {0, 1}, -1);
    }
  }

  private static void assertRefused(
      String words, Mode mode, float[] losses, int[] classOf, int keepOfFirst) {
    Selection selection = new Selection(new JavaKernels(), 0);
    int[] keep = {keepOfFirst, 0};
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> selection.select(mode, losses, classOf, keep))
            .getMessage();
    assertTrue(message.contains(words), message);
  }

  @Test
  void easyKeepsTheLowestLossesOfEveryClass() {
    writeScores(data());
    assertEquals(named(9, 8, 7, 6, 10, 11), ids(prune(Mode.EASY, 0.4, data())));
  }

  @Test
  void hardKeepsTheHighestLossesOfEveryClass() {
    writeScores(data());
    assertEquals(named(0, 1, 2, 3, 14, 13), ids(prune(Mode.HARD, 0.4, data())));
  }

  @Test
  void noneKeepsAll() {
    writeScores(data());
    assertEquals(15, prune(Mode.NONE, 0.1, data()).entries().size());
  }

  @Test
  void oneScoringServesEveryRatio() {
    writeScores(data());
    assertEquals(7 + 3, prune(Mode.EASY, 0.7, data()).entries().size());
    assertEquals(2 + 1, prune(Mode.EASY, 0.2, data()).entries().size());
  }

  @Test
  void randomIsAFunctionOfTheSeed() {
    CoreSet first = prune(Mode.RANDOM, 0.4, data());
    assertEquals(first.toString(), prune(Mode.RANDOM, 0.4, data()).toString());
    assertNotEquals(first.toString(), prune(Mode.RANDOM, 0.4, data(), 2).toString());
    assertEquals(6, ids(first).stream().distinct().count());
  }

  @Test
  void randomIsDrawnForEveryClassApart() {
    int[] classOf = new int[40];
    Arrays.fill(classOf, 20, 40, 1);
    int[][] kept =
        new Selection(new JavaKernels(), 1)
            .select(Mode.RANDOM, new float[40], classOf, new int[] {5, 5});
    int[] places = Arrays.stream(kept[1]).map(i -> i - 20).toArray();
    assertFalse(Arrays.equals(kept[0], places), Arrays.toString(places));
  }

  @Test
  void fileReadsBackEqualAndMatchesTheData() {
    writeScores(data());
    CoreSet coreSet = prune(Mode.EASY, 0.4, data());
    CoreSet read = CoreSet.read(directory.resolve(CoreSet.FILE));
    assertEquals(coreSet, read);
    assertEquals(List.of(1, 2, 3, 4, 1, 2), read.entries().stream().map(e -> e.rank()).toList());
    List<List<ImageRecord>> records = read.records(data());
    assertEquals(List.of(4, 2), records.stream().map(List::size).toList());
    assertEquals(named(9).get(0), records.get(0).get(0).id());
  }

  @Test
  void ranksAreReadAsTheWholeNumbersThatTheyAre() throws IOException {
    Path file = folder.resolve("coreset.csv");
    Files.writeString(file, "id,class,loss,rank\na.png,a,0.5,16777217\n");
    assertEquals(16_777_217, CoreSet.read(file).entries().get(0).rank());
    Files.writeString(file, "id,class,loss,rank\na.png,a,0.5,NaN\n");
    InputException error = assertThrows(InputException.class, () -> CoreSet.read(file));
    assertTrue(
        error.getMessage().contains("record 1: 'NaN' should be a whole"), error.getMessage());
  }

  @Test
  void countIsTheProductInDoublePrecisionRoundedDown() {
    assertEquals(28, Selection.keepCount(0.29, 100)); // 0.29 * 100 = 28.999999999999996
    assertEquals(7, Selection.keepCount(0.07, 100)); // 0.07 * 100 = 7.000000000000001
    assertEquals(0, Selection.keepCount(0.6, 1));
    assertEquals(1, Selection.keepCount(1.0, 1));
  }

  @Test
  void classThatKeepsNoneIsNamed() {
    writeScores(data());
    CoreSet coreSet = prune(Mode.EASY, 0.1, data());
    assertEquals(named(9), ids(coreSet));
    assertEquals(1, heard.warnings().size());
    String warning = heard.warnings().get(0);
    assertTrue(warning.contains("'dog' keeps no image: 0.1 of its 5"), warning);
    assertTrue(coreSet.records(data()).get(1).isEmpty());
  }

  @Test
  void classOfWhichNoImageCanBeReadIsNamed() {
    ListedDataset data = data();
    Map<String, String> dogs = new HashMap<>();
    data.training().subList(10, 15).forEach(dog -> dogs.put(dog.id(), "ends early"));
    new LeftOut(dogs).write(directory.resolve(LeftOut.FILE));
    assertEquals(5, prune(Mode.RANDOM, 0.5, data).entries().size());
    assertEquals(List.of("class 'dog' has no image that can be read"), heard.warnings());
  }

  @Test
  void nothingKeptAtAllIsAnError() {
    writeScores(data());
    InputException error = assertThrows(InputException.class, () -> prune(Mode.EASY, 0.01, data()));
    assertTrue(error.getMessage().contains("prune.keep"), error.getMessage());
    assertFalse(Files.exists(directory.resolve(CoreSet.FILE)));
  }

  @Test
  void scoresOfAnotherDataSetAreAnError() {
    writeScores(data());
    ListedDataset other = new ListedDataset(CLASSES).with("x.png", 0).with("y.png", 1);
    String message =
        assertThrows(InputException.class, () -> prune(Mode.EASY, 1, other)).getMessage();
    assertTrue(message.contains("15 scored images ('train/0\n.png', "), message);
    assertTrue(message.contains("2 training images ('x.png', 'y.png') are without"), message);
    assertFalse(Files.exists(directory.resolve(CoreSet.FILE)));
  }

  @Test
  void oneImageMoreIsAnError() {
    writeScores(data());
    ListedDataset more = data().with("new.png", 0);
    String message =
        assertThrows(InputException.class, () -> prune(Mode.EASY, 1, more)).getMessage();
    assertTrue(message.contains("1 training image ('new.png') is without a score"), message);
  }

  @Test
  void ofManyImagesThreeAreNamed() {
    writeScores(data());
    ListedDataset three = data().with("a.png", 0).with("b.png", 0).with("c.png", 0);
    String message =
        assertThrows(InputException.class, () -> prune(Mode.EASY, 1, three)).getMessage();
    assertTrue(message.contains("3 training images ('a.png', 'b.png', 'c.png') are"), message);
    ListedDataset four = three.with("d.png", 0);
    message = assertThrows(InputException.class, () -> prune(Mode.EASY, 1, four)).getMessage();
    assertTrue(message.contains("4 training images ('a.png', 'b.png', 'c.png', ...) are"), message);
  }

  @Test
  void leftOutImagesAreNotMissed() {
    writeScores(data());
    new LeftOut(Map.of("new.png", "ends early")).write(directory.resolve(LeftOut.FILE));
    assertEquals(15, prune(Mode.NONE, 1, data().with("new.png", 0)).entries().size());
  }

  @Test
  void scoredInAnotherClassIsAnError() {
    writeScores(data());
    ListedDataset moved = new ListedDataset(CLASSES);
    data().training().forEach(image -> moved.with(image.id(), 1));
    String message =
        assertThrows(InputException.class, () -> prune(Mode.EASY, 1, moved)).getMessage();
    assertTrue(message.contains("10 images"), message);
    assertTrue(message.contains("scored in another class"), message);
  }

  @Test
  void rankingWithoutScoresIsAnError() {
    assertThrows(InputException.class, () -> prune(Mode.EASY, 0.5, data()));
    assertEquals(7, prune(Mode.RANDOM, 0.5, data()).entries().size());
  }
}
