package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;

class ScoreStageTest extends ScoringTests {

  @Test
  void trainedScorerScoresEveryImageOutOfFold() throws IOException {
    PatternDataset data = grey();
    Scores scores = score("run", data, TRAINED);
    assertEquals(
        data.training().stream().map(ImageRecord::id).toList(),
        scores.entries().stream().map(Scores.Entry::id).toList());
    assertEquals(scores, Scores.read(folder.resolve("run/scores.csv")));
    assertEquals(data.training().size(), data.reads());
    assertEquals(4, Files.readAllLines(folder.resolve("run/metrics.jsonl")).size());
  }

  /** As where a process is killed before the stage is on record. */
  @Test
  void scoringOfWhichAllIsDoneEndsAtOnce() throws IOException {
    Scores trained = score("trained", grey(), TRAINED);
    byte[] before = Files.readAllBytes(folder.resolve("trained/scores.csv"));
    assertEquals(trained, score("trained", grey(), new CancellationToken(), heard, TRAINED));
    List<String> tasks = heard.tasks();
    assertFalse(tasks.stream().anyMatch(task -> task.startsWith("training")), tasks.toString());
    assertArrayEquals(before, Files.readAllBytes(folder.resolve("trained/scores.csv")));
    assertEquals(4, Files.readAllLines(folder.resolve("trained/metrics.jsonl")).size());

    String[] settings = pretrained(weights(""));
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    Scores whole = score("whole", data, settings);
    CancellationToken last = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", data, last, stopAt(8, last), settings));
    heard.clear();
    assertEquals(whole, score("run", data, new CancellationToken(), heard, settings));
    assertEquals(List.of("writing the gallery", "writing the gallery"), heard.tasks());
  }

  /** Two images a class, one in each fold, so that losses stay as the networks found them. */
  private List<Scores.Entry> pairs(String run, PatternDataset data) {
    return score(run, data, with(TRAINED, "score.epochs=1")).entries();
  }

  @Test
  void noImageIsScoredByANetworkThatSawIt() {
    String[] classes = {"a", "b", "c"};
    PatternDataset data = new PatternDataset(12, 1, 2, classes);
    int[] classOf = data.training().stream().mapToInt(ImageRecord::classIndex).toArray();
    int[] foldOf = Folds.of(classOf, classes.length, 2, SEED).foldOf();
    List<Scores.Entry> before = pairs("before", data);
    List<Scores.Entry> after = pairs("after", new PatternDataset(12, 1, 2, classes).withOther(0));
    for (int i = 1; i < foldOf.length; i++) {
      // Only the network that scores the other fold has learned from the image that changed.
      boolean same = before.get(i).loss() == after.get(i).loss();
      assertEquals(foldOf[i] == foldOf[0], same, before.get(i) + " and " + after.get(i));
    }
  }

  @Test
  void galleryHoldsTheEasiestAndTheHardest() throws IOException {
    PatternDataset data = new PatternDataset(12, 3, 12, "cat, \"wild\"", "dog/wolf");
    Scores scores = score("run", data, with(TRAINED, "score.epochs=1"));
    Path gallery = folder.resolve("run/gallery");
    JsonNode index = new ObjectMapper().readTree(gallery.resolve("index.json").toFile());
    assertEquals(2 * 2 * 8, index.size());
    List<Float> cats =
        scores.entries().stream()
            .filter(entry -> entry.classKey().startsWith("cat"))
            .map(Scores.Entry::loss)
            .sorted()
            .toList();
    for (int i = 0; i < 8; i++) {
      assertEquals("easy", index.get(i).get("kind").asText());
      assertEquals(cats.get(i), index.get(i).get("loss").floatValue());
      assertEquals(cats.get(11 - i), index.get(8 + i).get("loss").floatValue());
      Path picture = gallery.resolve(index.get(i).get("file").asText());
      assertEquals(12, ImageIO.read(picture.toFile()).getWidth());
    }
  }

  @Test
  void foldsSideBySideGiveWhatTheyGiveOneAfterTheOther() throws IOException {
    Scores one = whole(TRAINED);
    threads = 2;
    assertEquals(one, score("two", grey(), TRAINED));
    assertEquals(4, Files.readAllLines(folder.resolve("two/metrics.jsonl")).size());
  }

  @Test
  void badImagesAreLeftOutAndListedOrFail() throws IOException {
    String[] skip = with(TRAINED, "data.on-bad-image=skip", "score.epochs=1");
    PatternDataset data = grey().withBad(3, "it ends early");
    Scores scores = score("run", data, new CancellationToken(), heard, skip);
    assertEquals(15, scores.entries().size());
    assertEquals(
        Map.of(data.training().get(3).id(), "it ends early"),
        LeftOut.read(folder.resolve("run/left-out.csv")).reasons());
    assertEquals(1, heard.warnings().size());
    InputException error = assertThrows(InputException.class, () -> score("other", data, TRAINED));
    assertTrue(error.getMessage().contains("it ends early"), error.getMessage());
  }

  @Test
  void fewImagesCanBeScored() {
    Scores scores = score("run", new PatternDataset(12, 1, 1, "a", "b"), TRAINED);
    assertEquals(2, scores.entries().size());
    // Three folds have no image.
    String[] folds = with(TRAINED, "score.folds=5");
    assertEquals(2, score("five", new PatternDataset(12, 1, 1, "a", "b"), folds).entries().size());
    assertThrows(
        InputException.class, () -> score("other", new PatternDataset(12, 1, 1, "a"), TRAINED));
  }

  @Test
  void foldsWithOneImageOfAClassAreToldOf() {
    String[] settings = with(TRAINED, "score.epochs=1", "score.folds=4");
    PatternDataset data = new PatternDataset(12, 1, 4, "a", "b");
    Scores scores = score("run", data, new CancellationToken(), heard, settings);
    assertEquals(
        List.of(
            "score.folds: 4 leaves fewer than two images per fold in a, b: easy images are hardly"
                + " distinguished from hard ones; lower it"),
        heard.warnings());
    long different = scores.entries().stream().map(Scores.Entry::loss).distinct().count();
    assertEquals(scores.entries().size(), different);
  }

  @Test
  void scoresOfAnotherRunAreTaken() throws IOException {
    Scores scores = score("first", grey(), TRAINED);
    String[] from = with(TRAINED, "score.from=" + folder.resolve("first"));
    PatternDataset data = grey();
    assertEquals(scores, score("second", data, from));
    assertEquals(0, data.reads());
    assertTrue(Files.exists(folder.resolve("second/gallery/index.json")));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("first/scores.csv")),
        Files.readAllBytes(folder.resolve("second/scores.csv")));
    PatternDataset other = new PatternDataset(12, 1, 9, "cat, \"wild\"", "dog/wolf");
    String message =
        assertThrows(InputException.class, () -> score("third", other, from)).getMessage();
    assertTrue(message.contains("another data set"), message);
    String[] nowhere = with(TRAINED, "score.from=" + folder.resolve("nowhere"));
    assertThrows(InputException.class, () -> score("fourth", grey(), nowhere));
    Path changed = folder.resolve("first/scores.csv");
    Files.writeString(changed, Files.readString(changed).replace("dog", "god"));
    message = assertThrows(InputException.class, () -> score("fifth", grey(), from)).getMessage();
    assertTrue(message.contains("is not as its run left it"), message);
  }

  @Test
  void scoresThatChangeWhileTheyAreTakenAreRefused() throws IOException {
    score("first", grey(), TRAINED);
    Path lent = folder.resolve("first/scores.csv");
    String before = Files.readString(lent);
    String anew = before.replaceFirst("\\d\\.\\d+", "9.5");
    assertRefusedIfMeanwhile(() -> Files.writeString(lent, anew), "is not as its run left it");
    Files.writeString(lent, before);
    assertRefusedIfMeanwhile(() -> Files.delete(lent), "scores.csv");
    Files.writeString(lent, before);
    // Its own record says so, too, as it does where the scoring is done by now.
    assertRefusedIfMeanwhile(
        () -> {
          Files.writeString(lent, anew);
          try (RunDirectory first = RunDirectory.open(folder.resolve("first"), Existing.RESUME)) {
            StageLog.Entry entry = first.stages().entry(ScoreStage.NAME).orElseThrow();
            Map<String, String> written = Map.of(Scores.FILE, Fingerprint.ofFile(lent));
            first
                .stages()
                .put(
                    ScoreStage.NAME, new StageLog.Entry(entry.fingerprint(), written, 1, Map.of()));
          }
        },
        "score.from: the run " + folder.resolve("first") + " is being scored anew; wait until");
  }

  private interface Change {
    void make() throws IOException;
  }

  /** Changes the run between the check of its scores and the copy. */
  private void assertRefusedIfMeanwhile(Change change, String words) {
    PatternDataset data = grey();
    AtomicBoolean changed = new AtomicBoolean();
    // The last that is compared before they are copied.
    Dataset slow =
        (Dataset)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Dataset.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("trainingFingerprint")
                      && changed.compareAndSet(false, true)) {
                    change.make();
                  }
                  return method.invoke(data, arguments);
                });
    String[] from = with(TRAINED, "score.from=" + folder.resolve("first"));
    String message =
        assertThrows(InputException.class, () -> score("second", slow, from)).getMessage();
    assertTrue(message.contains(words), message);
    assertTrue(message.contains(folder.resolve("first").toString()), message);
    assertFalse(Files.exists(folder.resolve("second/scores.csv")), message);
  }
}
