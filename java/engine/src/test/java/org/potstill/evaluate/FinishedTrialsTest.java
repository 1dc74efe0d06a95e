package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.evaluate.FinishedTrials.Outcome;

class FinishedTrialsTest {

  private static final Outcome GOOD = new Outcome(0.75, 2);

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() {
    file = folder.resolve("trials.json");
    new FinishedTrials(file, "cpu").add(Map.of("convnet", GOOD));
  }

  @Test
  void trialsAreFoundAgainOnTheirMachineAlone() {
    FinishedTrials other = new FinishedTrials(file, "cuda");
    assertEquals(Optional.empty(), other.find("convnet"));
    other.add(Map.of("vit", new Outcome(0, 0)));
    FinishedTrials again = new FinishedTrials(file, "cpu");
    assertEquals(Optional.of(GOOD), again.find("convnet"));
    assertEquals(Optional.empty(), again.find("vit"));
    assertEquals("", again.damage());
  }

  @Test
  void trialsOfEveryMachineAreTakenOver() {
    Path more = folder.resolve("more.json");
    new FinishedTrials(more, "cuda").add(Map.of("vit", new Outcome(1, 3)));
    FinishedTrials all = new FinishedTrials(file, "cpu");
    all.merge(new FinishedTrials(more, "cpu"));
    all.add(Map.of());
    assertEquals(Optional.of(GOOD), new FinishedTrials(file, "cpu").find("convnet"));
    assertEquals(Optional.of(new Outcome(1, 3)), new FinishedTrials(file, "cuda").find("vit"));
  }

  /** Any change of a figure would be a result that nobody measured. */
  @Test
  void anAccuracyThatWasChangedIsDamage() throws IOException {
    String text = Files.readString(file);
    Files.writeString(file, text.replace("0.75", "0.95"));
    FinishedTrials changed = new FinishedTrials(file, "cpu");
    assertEquals(Optional.empty(), changed.find("convnet"));
    assertEquals(
        file + " is damaged: the SHA-256 in it is not that of its trainings", changed.damage());
    // How it is set is of no account.
    Files.writeString(file, text.replaceAll("\\s", ""));
    assertEquals(Optional.of(GOOD), new FinishedTrials(file, "cpu").find("convnet"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "null", "{\"sha256\": \"\"}", "{\"sha256\": \"0\", \"tri"})
  void whatIsNoRecordOfTrialsIsDamage(String content) throws IOException {
    Files.writeString(file, content);
    FinishedTrials damaged = new FinishedTrials(file, "cpu");
    assertTrue(damaged.damage().startsWith(file + " is damaged: "), damaged.damage());
    assertEquals(Optional.empty(), damaged.find("convnet"));
  }

  @Test
  void trialsOfAnEarlierVersionAreNotTakenAndNoDamage() throws IOException {
    Files.writeString(file, "{\"cpu\": {\"convnet\": {\"accuracy\": 0.75, \"seconds\": 2}}}");
    FinishedTrials earlier = new FinishedTrials(file, "cpu");
    assertEquals(Optional.empty(), earlier.find("convnet"));
    assertEquals("", earlier.damage());
  }

  @Test
  void noTrainingComesToMoreThanAllOrLessThanNothing() {
    for (double accuracy : new double[] {-0.01, 1.01, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> new Outcome(accuracy, 1));
    }
    assertThrows(IllegalArgumentException.class, () -> new Outcome(1, -1));
  }
}
