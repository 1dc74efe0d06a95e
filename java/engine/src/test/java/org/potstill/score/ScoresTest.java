package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;

class ScoresTest {

  private static final List<String> HARD_IDS =
      List.of(
          "train/a b/1.png",
          "train/a,b/2.png",
          "train/\"quoted\"/3.png",
          "train/line\nbreak/4.png",
          "train/carriage\r\nreturn/5\r.png",
          "train/größe 写真/6.png",
          " leading and trailing ",
          "#comment",
          "\"");

  @TempDir Path folder;

  @Test
  void anyIdReadsBackEqual() {
    List<Scores.Entry> entries = new ArrayList<>();
    HARD_IDS.forEach(id -> entries.add(new Scores.Entry(id, "class, \"" + id, 0.1f)));
    Path file = folder.resolve("scores.csv");
    new Scores(entries).write(file);
    assertEquals(new Scores(entries), Scores.read(file));
  }

  @Test
  void everyLossReadsBackBitEqual() {
    RandomStream random = RandomStream.of(7, Purpose.SCORER_BATCHES, 0, 0);
    List<Scores.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      float loss = Float.intBitsToFloat(random.nextBits());
      entries.add(new Scores.Entry("i" + i, "c", Float.isNaN(loss) ? -0f : loss));
    }
    Path file = folder.resolve("scores.csv");
    new Scores(entries).write(file);
    List<Scores.Entry> found = Scores.read(file).entries();
    for (int i = 0; i < entries.size(); i++) {
      assertEquals(
          Float.floatToRawIntBits(entries.get(i).loss()),
          Float.floatToRawIntBits(found.get(i).loss()));
    }
  }

  @Test
  void headerIsTheContract() throws IOException {
    Path file = folder.resolve("scores.csv");
    new Scores(List.of(new Scores.Entry("train/a/1.png", "a", 0.5f))).write(file);
    assertEquals("id,class,loss\ntrain/a/1.png,a,0.5\n", Files.readString(file));
  }

  @Test
  void faultsNameTheRecord() throws IOException {
    assertTrue(fault("id,class,loss\na,b,c\n").contains("record 1: 'c' should be a number"));
    assertTrue(fault("id,class,loss\na,b,1\na,b,1\n").contains("record 2: image 'a' appears"));
    assertTrue(fault("id,class,loss\na,b\n").contains("record 1: 2 fields instead of 3"));
    assertTrue(fault("id,loss\na,1\n").contains("should be 'id,class,loss', not 'id,loss'"));
    assertTrue(fault("").contains("is empty"));
    assertTrue(fault("id,class,loss\n\"a,b,1\n").contains("scores.csv"));
    InputException missing =
        assertThrows(InputException.class, () -> Scores.read(folder.resolve("none.csv")));
    assertTrue(missing.getMessage().contains("there is no such file"));
  }

  private String fault(String text) throws IOException {
    Path file = folder.resolve("scores.csv");
    Files.writeString(file, text);
    return assertThrows(InputException.class, () -> Scores.read(file)).getMessage();
  }

  @Test
  void leftOutImagesReadBackEqual() {
    Map<String, String> reasons = new LinkedHashMap<>();
    HARD_IDS.forEach(id -> reasons.put(id, "ends early, after " + id));
    Path file = folder.resolve("left-out.csv");
    new LeftOut(reasons).write(file);
    assertEquals(reasons, LeftOut.read(file).reasons());
    assertTrue(LeftOut.read(folder.resolve("none.csv")).reasons().isEmpty());
  }

  @Test
  void leftOutImagesAreAddedAndTakenOffAgain() throws IOException {
    Path file = folder.resolve("left-out.csv");
    new LeftOut(Map.of()).addTo(file);
    assertFalse(Files.exists(file), "there was none to add");
    new LeftOut(Map.of("train/1.png", "ends early")).addTo(file);
    new LeftOut(Map.of("test/2.png", "is empty")).addTo(file);
    Map<String, String> both = Map.of("train/1.png", "ends early", "test/2.png", "is empty");
    assertEquals(both, LeftOut.read(file).reasons());
    LeftOut.takeOff(file, id -> id.startsWith("val/"));
    assertEquals(both, LeftOut.read(file).reasons());
    LeftOut.takeOff(file, id -> id.startsWith("test/"));
    LeftOut rest = LeftOut.read(file);
    assertEquals(Map.of("train/1.png", "ends early"), rest.reasons());
    assertEquals("1 image cannot be read and is listed in left-out.csv", rest.words(""));
    assertEquals(
        "2 images cannot be read, of 9, and are listed in left-out.csv",
        new LeftOut(both).words(", of 9,"));
  }
}
