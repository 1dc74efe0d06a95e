package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigWriter;
import org.potstill.config.Sweep;
import org.potstill.config.SweepLoader;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.run.Fingerprint;
import org.potstill.run.StageLog;

/** A sweep of two runs, a and b, that differ in something with a place. */
class ShownRunsTest {

  @TempDir Path folder;
  private Sweep sweep;

  /** Values of {@code key} below the folder of the test. */
  private void load(String key, String first, String second) throws IOException {
    String yaml =
        """
        data: {source: 'folder:images'}
        evaluate: {networks: [convnet, vit]}
        sweep: {over: {what: {a: {KEY: 'FIRST'}, b: {KEY: 'SECOND'}}}}
        """;
    String values =
        yaml.replace("KEY", key)
            .replace("FIRST", place(key, first))
            .replace("SECOND", place(key, second));
    Path file = Files.writeString(folder.resolve("what.yaml"), values);
    sweep = SweepLoader.load(file, List.of("run.out=" + folder.resolve("sweep")));
  }

  private String place(String key, String name) {
    String path = folder.resolve(name).toString();
    return name.equals("none") ? name : key.equals("data.source") ? "folder:" + path : path;
  }

  private Path out(int run) {
    return sweep.runs().get(run).config().run().out();
  }

  /** A run that was made with the configuration it has now. */
  private Config made(int run) throws IOException {
    Config config = sweep.runs().get(run).config();
    new SampleRun(out(run), SampleRun.CLASSES, 28).imagesInClass(5).required().evaluated();
    Files.writeString(out(run).resolve("config.yaml"), ConfigWriter.toYaml(config));
    return config;
  }

  private void note(int run, String stage, String key, String value) {
    StageLog log = StageLog.in(out(run));
    StageLog.Entry entry = log.entry(stage).orElseThrow();
    Fingerprint more = entry.fingerprint().with(key, value);
    log.put(stage, new StageLog.Entry(more, entry.outputs(), entry.seconds(), entry.environment()));
  }

  private void madeOfItsData(int run) throws IOException {
    Config config = made(run);
    try (Dataset data = Datasets.open(config.data(), config.run().seed())) {
      note(run, "evaluate", "data set", data.fingerprint());
    }
  }

  private void madeOfItsFile(int run, String stage, String key, String file) throws IOException {
    made(run);
    note(run, stage, key, Fingerprint.ofFile(folder.resolve(file)));
  }

  /** Images of one size, whatever is on them. */
  private void images(String source, String... names) throws IOException {
    for (String name : names) {
      for (String key : List.of("train/cat", "train/dog", "val/cat", "val/dog")) {
        Path file = folder.resolve(source).resolve(key).resolve(name + ".bmp");
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
        assertTrue(ImageIO.write(image, "bmp", file.toFile()));
      }
    }
  }

  private void file(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private void move(String from, String to) throws IOException {
    Files.createDirectories(folder.resolve(to).getParent());
    Files.move(folder.resolve(from), folder.resolve(to));
  }

  private List<String> warnings(int shown) {
    SweepTable table = SweepTable.read(sweep, Map.of());
    assertEquals(shown, table.evaluated(), table.warnings().toString());
    return table.warnings();
  }

  @Test
  void aRunIsNotShownUnderOtherDataThanItWasMadeOf() throws IOException {
    images("one", "1", "2");
    images("two", "1", "2", "3");
    load("data.source", "one", "two");
    madeOfItsData(0);
    madeOfItsData(1);
    assertEquals(List.of(), warnings(2));
    load("data.source", "two", "one");
    String words = warnings(0).get(0);
    assertTrue(words.contains("a: was run with data.source folder:"), words);
    assertTrue(words.endsWith("two, and is not shown"), words);
  }

  @Test
  void aRunIsShownWhereItsDataWereMoved() throws IOException {
    images("old/one", "1", "2");
    images("old/two", "1", "2", "3");
    load("data.source", "old/one", "old/two");
    madeOfItsData(0);
    madeOfItsData(1);
    move("old", "new");
    load("data.source", "new/one", "new/two");
    assertEquals(List.of(), warnings(2));
    // Of what is nowhere any more the place alone is known.
    move("new", "newer");
    String words = warnings(0).get(0);
    assertTrue(words.contains("since nothing is there"), words);
  }

  /** Names and sizes are all that is compared of the images of a folder. */
  @Test
  void foldersThatLookAlikeAreNotTakenForEachOther() throws IOException {
    images("one", "1", "2");
    images("two", "1", "2");
    load("data.source", "one", "two");
    madeOfItsData(0);
    madeOfItsData(1);
    load("data.source", "two", "one");
    assertEquals(2, warnings(0).size());
  }

  @Test
  void scoresThatTellRunsApartAreComparedByContent() throws IOException {
    file("old/scores.csv", "easy");
    file("other/scores.csv", "hard");
    load("score.from", "old", "other");
    madeOfItsFile(0, "score", "score.from", "old/scores.csv");
    madeOfItsFile(1, "score", "score.from", "other/scores.csv");
    assertEquals(List.of(), warnings(2));
    move("old", "new");
    load("score.from", "new", "other");
    assertEquals(List.of(), warnings(2));
    load("score.from", "other", "new");
    assertTrue(warnings(0).get(1).startsWith("b: was run with score.from "), "" + warnings(0));
  }

  /** The sweep itself gave the run those scores, which had none of others. */
  @Test
  void scoresThatTheSweepLentAreNoOtherSetting() throws IOException {
    file("other/scores.csv", "hard");
    load("score.from", "none", "other");
    made(0);
    Config lent = sweep.runs().get(0).config().withScoresFrom(out(1));
    Files.writeString(out(0).resolve("config.yaml"), ConfigWriter.toYaml(lent));
    assertEquals(List.of(), warnings(1));
    Config taken = lent.withScoresFrom(folder.resolve("other"));
    Files.writeString(out(0).resolve("config.yaml"), ConfigWriter.toYaml(taken));
    assertEquals(1, warnings(0).size());
  }

  @Test
  void weightsThatTellRunsApartAreComparedByContent() throws IOException {
    file("old/a.pth", "a");
    file("old/b.pth", "b");
    load("score.weights", "old/a.pth", "old/b.pth");
    madeOfItsFile(0, "score", "score.weights", "old/a.pth");
    madeOfItsFile(1, "score", "score.weights", "old/b.pth");
    move("old", "new");
    load("score.weights", "new/a.pth", "new/b.pth");
    assertEquals(List.of(), warnings(2));
    load("score.weights", "new/b.pth", "new/a.pth");
    assertTrue(warnings(0).get(0).startsWith("a: was run with score.weights"), "" + warnings(0));
  }
}
