package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;

class CheckpointsTest {

  @TempDir Path temp;

  @Test
  void theNewestTwoCheckpointsAreKept() {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      Checkpoints checkpoints = directory.checkpoints("distill");
      assertEquals(Optional.empty(), newest(checkpoints));
      // By number, not by letter.
      for (long step : new long[] {9, 50, 500}) {
        checkpoints.save(step, path -> Files.writeString(path, "step " + step));
      }
      directory.checkpoints("score").save(7, path -> Files.writeString(path, "other"));
      // A number that no run writes.
      AtomicFiles.writeString(
          directory.resolve("checkpoints/distill-99999999999999999999.safetensors"), "strange");
      assertEquals(Optional.of(500L), newest(checkpoints));
      assertTrue(Files.exists(directory.resolve("checkpoints/distill-000000050.safetensors")));
      String oldest = "checkpoints/distill-000000009.safetensors";
      assertFalse(Files.exists(directory.resolve(oldest)));
      assertFalse(Files.exists(directory.resolve(oldest + ".sha256")));
      checkpoints.clear();
      assertEquals(Optional.empty(), newest(checkpoints));
      assertEquals(Optional.of(7L), newest(directory.checkpoints("score")));
    }
  }

  @Test
  void aStageThatLeftACheckpointOrAJournalWasStopped() {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      assertFalse(directory.wasStopped("evaluate"));
      AtomicFiles.writeString(directory.journal("evaluate"), "{}");
      directory.checkpoints("score").save(7, path -> Files.writeString(path, "seven"));
      assertTrue(directory.wasStopped("evaluate"));
      assertTrue(directory.wasStopped("score"));
      assertFalse(directory.wasStopped("distill"));
      directory.forgetProgress("evaluate");
      assertFalse(directory.wasStopped("evaluate"));
      assertTrue(directory.wasStopped("score"));
      directory.forgetProgress("score");
      assertFalse(directory.wasStopped("score"));
      // As a stage with several networks under way calls them.
      directory.checkpoints("experts-0001").save(7, path -> Files.writeString(path, "seven"));
      assertTrue(directory.wasStopped("experts"));
      directory.forgetProgress("experts");
      assertFalse(directory.checkpoints("experts-0001").any());
    }
  }

  @Test
  void checkpointsAreFoundAgainWhereDigitsAreOthers() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      Checkpoints checkpoints = directory.checkpoints("distill");
      checkpoints.save(50, path -> Files.writeString(path, "step 50"));
      assertEquals(Optional.of(50L), newest(checkpoints));
    } finally {
      Locale.setDefault(before);
    }
  }

  private static Optional<Long> newest(Checkpoints checkpoints) {
    return checkpoints.restore(Checkpoints.Checkpoint::step, message -> fail(message));
  }

  @Test
  void damagedCheckpointIsPassedOverWithAWarning() {
    List<String> warnings = new ArrayList<>();
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      Checkpoints checkpoints = directory.checkpoints("distill");
      checkpoints.save(5, path -> Files.writeString(path, "5"));
      checkpoints.save(50, path -> Files.writeString(path, "damaged"));
      assertEquals(Optional.of(5L), checkpoints.restore(this::number, warnings::add));
      assertEquals(List.of("damaged is no number; going on from the one before, at 5"), warnings);
      checkpoints.save(51, path -> Files.writeString(path, "both"));
      String message =
          assertThrows(InputException.class, () -> checkpoints.restore(this::number, warnings::add))
              .getMessage();
      assertEquals("both is no number", message);
    }
  }

  @Test
  void checkpointThatChangedOnDiskIsDamaged() throws IOException {
    List<String> warnings = new ArrayList<>();
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      Checkpoints checkpoints = directory.checkpoints("distill");
      checkpoints.save(5, path -> Files.writeString(path, "5"));
      checkpoints.save(50, path -> Files.writeString(path, "50"));
      Path newest = directory.resolve("checkpoints/distill-000000050.safetensors");
      Files.writeString(newest, "58");
      assertEquals(Optional.of(5L), checkpoints.restore(this::number, warnings::add));
      assertEquals(1, warnings.size());
      assertTrue(warnings.get(0).startsWith(newest + " or "), warnings.get(0));
      Files.writeString(directory.resolve("checkpoints/distill-000000005.safetensors"), "4");
      String message =
          assertThrows(InputException.class, () -> checkpoints.restore(this::number, warnings::add))
              .getMessage();
      assertTrue(message.contains("--overwrite"), message);
      // As earlier versions left them.
      Files.delete(newest.resolveSibling("distill-000000050.safetensors.sha256"));
      assertEquals(Optional.of(58L), checkpoints.restore(this::number, warnings::add));
      checkpoints.save(50, path -> Files.writeString(path, "50"));
      assertEquals(Optional.of(50L), checkpoints.restore(this::number, warnings::add));
      checkpoints.clear();
      assertFalse(directory.wasStopped("distill"));
    }
  }

  /** As a process does that is killed between the steps of saving. */
  @Test
  void whatASaveWasKilledBeforeIsDoneWhenItIsRestored() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      Checkpoints checkpoints = directory.checkpoints("distill");
      checkpoints.save(4, path -> Files.writeString(path, "4"));
      checkpoints.save(8, path -> Files.writeString(path, "8"));
      Path folder = directory.resolve("checkpoints");
      AtomicFiles.writeString(folder.resolve("distill-000000012.safetensors"), "12");
      checkpoints.requireUndamaged();
      assertEquals(5, names(folder).size());
      assertEquals(Optional.of(12L), checkpoints.restore(this::number, message -> fail(message)));
      assertEquals(
          List.of(
              "distill-000000008.safetensors",
              "distill-000000008.safetensors.sha256",
              "distill-000000012.safetensors",
              "distill-000000012.safetensors.sha256"),
          names(folder));
      Files.writeString(folder.resolve("distill-000000012.safetensors"), "13");
      assertEquals(Optional.of(8L), checkpoints.restore(this::number, message -> {}));
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private long number(Checkpoints.Checkpoint checkpoint) {
    try {
      String text = Files.readString(checkpoint.file());
      if (!text.matches("\\d+")) {
        throw new InputException(text + " is no number");
      }
      return Long.parseLong(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A process may be killed at any time. */
  @Test
  void aFileIsNeverBesideTheChecksumOfAnother() {
    Path file = temp.resolve("whitening.safetensors");
    Checksums.write(file, part -> Files.writeString(part, "matrix"));
    Checksums.write(
        file,
        part -> {
          assertFalse(Checksums.has(file));
          Files.writeString(part, "other");
        });
    assertTrue(Checksums.has(file));
    assertEquals("", Checksums.damage(file));
  }

  @Test
  void aChecksumOfOtherLettersIsADamagedOne() throws IOException {
    Path file = temp.resolve("whitening.safetensors");
    Checksums.write(file, part -> Files.writeString(part, "matrix"));
    assertEquals("", Checksums.damage(file));
    Path checksum = temp.resolve("whitening.safetensors.sha256");
    byte[] bytes = Files.readAllBytes(checksum);
    bytes[0] ^= (byte) 0x80;
    Files.write(checksum, bytes);
    assertTrue(Checksums.damage(file).contains("is damaged"), Checksums.damage(file));
    Files.delete(checksum);
    Files.createDirectory(checksum);
    assertEquals("cannot read " + checksum + ": Is a directory", Checksums.damage(file));
  }
}
