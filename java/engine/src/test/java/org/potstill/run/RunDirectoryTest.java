package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

class RunDirectoryTest {

  @TempDir Path temp;

  @Test
  void anExistingRunIsAnErrorUnlessResumedOrOverwritten() throws IOException {
    Path root = temp.resolve("run");
    try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
      Files.writeString(directory.resolve("config.yaml"), RunDirectory.CONFIG_MARK + "\nrun: {}");
      Files.writeString(directory.resolve("scores.csv"), "id");
    }
    InputException error =
        assertThrows(InputException.class, () -> RunDirectory.open(root, Existing.FAIL));
    assertTrue(error.getMessage().contains("--resume"), error.getMessage());
    try (RunDirectory directory = RunDirectory.open(root, Existing.RESUME)) {
      assertTrue(Files.exists(directory.resolve("config.yaml")));
    }
    try (RunDirectory directory = RunDirectory.open(root, Existing.OVERWRITE)) {
      assertFalse(Files.exists(directory.resolve("scores.csv")));
      // Until the new run writes its own, by it this is known as a run.
      assertTrue(Files.exists(directory.resolve("config.yaml")));
    }
  }

  @Test
  void aRunThatHasJustBegunIsNotWrittenInto() throws IOException {
    Path root = temp.resolve("run");
    try (RunDirectory begun = RunDirectory.open(root, Existing.FAIL)) {
      InputException error =
          assertThrows(InputException.class, () -> RunDirectory.openIfRun(begun.root()));
      assertTrue(error.getMessage().startsWith("another run is working in"), error.getMessage());
    }
    // What a killed one leaves holds nobody up.
    Files.createDirectories(root);
    Files.writeString(root.resolve(".lock"), "");
    RunDirectory.openIfRun(root).orElseThrow().close();
    assertTrue(Files.exists(root.resolve(".lock")));
    assertEquals(Optional.empty(), RunDirectory.openIfRun(temp));
  }

  @Test
  void aFolderThatIsNoRunIsNeverOverwritten() throws IOException {
    Path precious = temp.resolve("thesis.tex");
    Files.writeString(precious, "years of work");
    for (Existing existing : Existing.values()) {
      assertThrows(InputException.class, () -> RunDirectory.open(temp, existing));
    }
    assertEquals("years of work", Files.readString(precious));
  }

  @Test
  void aFolderWithAConfigOfSomethingElseIsNeverOverwritten() throws IOException {
    Path precious = Files.writeString(temp.resolve("config.yaml"), "theme: jekyll");
    Files.writeString(temp.resolve("thesis.tex"), "years of work");
    for (Existing existing : Existing.values()) {
      InputException error =
          assertThrows(InputException.class, () -> RunDirectory.open(temp, existing));
      assertTrue(error.getMessage().contains(temp.toString()), error.getMessage());
      assertTrue(error.getMessage().contains("--out"), error.getMessage());
    }
    assertEquals("theme: jekyll", Files.readString(precious));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void overwritingDeletesWhatARunWritesAndNothingElse() throws IOException {
    Path root = temp.resolve("run");
    try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
      Files.writeString(directory.resolve("config.yaml"), RunDirectory.CONFIG_MARK);
      Files.writeString(directory.resolve("scores.csv"), "id");
      Files.writeString(directory.resolve("stages-before.json"), "{}");
      Files.writeString(directory.resolve("report.html.part"), "<");
      Files.writeString(directory.resolve("notes.txt"), "mine");
      Files.createDirectories(directory.resolve("distilled/images/cat"));
    }
    RunDirectory.open(root, Existing.OVERWRITE).close();
    assertEquals(List.of(".lock", "config.yaml", "notes.txt"), names(root));
  }

  @Test
  void aFolderThatWasMadeForNothingGoes() throws IOException {
    Path root = temp.resolve("run");
    RunDirectory.open(root, Existing.RESUME).close();
    assertFalse(Files.exists(root));
    Files.createDirectory(root);
    RunDirectory.open(root, Existing.RESUME).close();
    assertTrue(Files.exists(root), "it was there before");
    Path other = temp.resolve("other");
    try (RunDirectory directory = RunDirectory.open(other, Existing.FAIL)) {
      Files.writeString(directory.resolve("scores.csv"), "id");
    }
    assertTrue(Files.exists(other.resolve("scores.csv")));
    Path gone = temp.resolve("gone");
    try (RunDirectory directory = RunDirectory.open(gone, Existing.FAIL)) {
      Files.delete(directory.resolve(".lock"));
      Files.delete(gone);
    }
  }

  @Test
  void aRunThatWasHalfDeletedIsTakenForNone() throws IOException {
    Path root = Files.createDirectory(temp.resolve("run"));
    Files.writeString(root.resolve("config.yaml"), RunDirectory.CONFIG_MARK);
    Files.createDirectories(root.resolve("checkpoints"));
    Files.writeString(root.resolve("checkpoints/distill-000000002.safetensors"), "");
    Files.writeString(root.resolve("scores.csv"), "of a run with other settings");
    Files.writeString(root.resolve("notes.txt"), "mine");
    // As a process leaves it that is killed while it overwrites.
    Files.writeString(root.resolve(".clearing"), "");
    assertFalse(RunDirectory.holdsWork(root));
    RunDirectory.open(root, Existing.RESUME).close();
    assertEquals(List.of(".lock", "config.yaml", "notes.txt"), names(root));
  }

  @Test
  void aRunOfWhichNothingWasDeletedYetStays() throws IOException {
    Path root = Files.createDirectory(temp.resolve("run"));
    Files.writeString(root.resolve("config.yaml"), RunDirectory.CONFIG_MARK);
    Files.writeString(root.resolve("stages.json"), "{}");
    Files.writeString(root.resolve("scores.csv"), "id");
    Files.writeString(root.resolve(".clearing"), "");
    RunDirectory.open(root, Existing.RESUME).close();
    assertTrue(Files.exists(root.resolve("scores.csv")));
    // Nor later, where the record is lost.
    Files.delete(root.resolve("stages.json"));
    RunDirectory.open(root, Existing.RESUME).close();
    assertTrue(Files.exists(root.resolve("scores.csv")));
  }

  @Test
  void halvesOfFilesAreDeletedWhenARunGoesOn() throws IOException {
    Path root = Files.createDirectory(temp.resolve("run"));
    Files.writeString(root.resolve("config.yaml"), RunDirectory.CONFIG_MARK);
    Path checkpoints = Files.createDirectories(root.resolve("checkpoints"));
    Path images = Files.createDirectories(root.resolve("distilled/images/cat"));
    Path others = Files.createDirectories(root.resolve("mine"));
    Files.writeString(checkpoints.resolve("experts-0000-000000003.safetensors.sha256.part"), "");
    Files.writeString(images.resolve("00.png.part"), "");
    Files.writeString(root.resolve("trials.json.part"), "");
    Path download = Files.writeString(root.resolve("film.part"), "");
    Path kept = Files.writeString(others.resolve("00.png.part"), "");
    RunDirectory.open(root, Existing.RESUME).close();
    try (Stream<Path> files = Files.walk(root)) {
      assertEquals(
          List.of(download, kept),
          files.filter(file -> file.toString().endsWith(".part")).sorted().toList());
    }
  }

  @Test
  void aDamagedRecordOfStagesIsToldInAWord() throws IOException {
    Files.writeString(temp.resolve("stages.json"), "{\n  \"score\": {\"finger");
    InputException error = assertThrows(InputException.class, () -> StageLog.in(temp).entries());
    assertTrue(error.getMessage().contains("(damaged JSON, line 2: "), error.getMessage());
    assertFalse(error.getMessage().contains("Source"), error.getMessage());
    // Overwriting would throw away what can still be gone on from.
    assertTrue(error.getMessage().contains("delete it, and --resume"), error.getMessage());
  }

  @Test
  void aFileOrAnUnwritablePlaceIsAnInputError() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertThrows(InputException.class, () -> RunDirectory.open(file, Existing.FAIL));
    assertThrows(InputException.class, () -> RunDirectory.open(file.resolve("run"), Existing.FAIL));
  }

  @Test
  void aReadOnlyPlaceIsAnInputError() {
    // Permissions do not hold root back; /proc takes no folders from anybody.
    InputException error =
        assertThrows(
            InputException.class,
            () -> RunDirectory.open(Path.of("/proc/potstill-run"), Existing.FAIL));
    assertTrue(error.getMessage().contains("choose another --out"), error.getMessage());
  }

  @Test
  void aFullDeviceIsToldAndLeavesTheOldFile() throws IOException {
    Path file = temp.resolve("file.txt");
    AtomicFiles.writeString(file, "old");
    RunFailedException error =
        assertThrows(
            RunFailedException.class,
            () -> AtomicFiles.write(file, part -> Files.writeString(Path.of("/dev/full"), "new")));
    assertTrue(error.getMessage().contains("No space left on device"), error.getMessage());
    assertEquals("old", Files.readString(file));
  }

  @Test
  void whyAFileCannotBeWrittenIsTold() throws IOException {
    // A path alone, as the system's own message, says nothing of the cause.
    Path file = Files.writeString(temp.resolve("checkpoints"), "");
    String inTheWay =
        assertThrows(
                RunFailedException.class,
                () -> AtomicFiles.writeString(file.resolve("distill.json"), "new"))
            .getMessage();
    assertTrue(
        inTheWay.contains(": " + file + ": a file or link of that name is in the way;"), inTheWay);
    Path folder = Files.createDirectories(temp.resolve("stages.json"));
    Files.writeString(folder.resolve("inside"), "");
    String notReplaced =
        assertThrows(RunFailedException.class, () -> AtomicFiles.writeString(folder, "new"))
            .getMessage();
    assertTrue(notReplaced.contains("irectory"), notReplaced);
  }

  @Test
  void whatAKilledProcessLeavesIsInNobodysWay() throws IOException {
    Path root = Files.createDirectory(temp.resolve("run"));
    Files.writeString(root.resolve("config.yaml.part"), "ru");
    try (RunDirectory directory = RunDirectory.open(root, Existing.RESUME)) {
      Path link = Files.writeString(temp.resolve("source"), "new");
      AtomicFiles.write(directory.resolve("config.yaml"), part -> Files.copy(link, part));
      assertEquals("new", Files.readString(directory.resolve("config.yaml")));
    }
  }

  @Test
  void aSecondRunInTheSameProcessIsRefused() {
    Path root = temp.resolve("run");
    try (RunDirectory first = RunDirectory.open(root, Existing.FAIL)) {
      InputException error =
          assertThrows(InputException.class, () -> RunDirectory.open(root, Existing.RESUME));
      assertTrue(error.getMessage().contains("another run"), error.getMessage());
    }
    RunDirectory.open(root, Existing.RESUME).close();
  }

  @Test
  void aSecondProcessIsRefusedAndAKilledOneGivesTheLockBack() throws Exception {
    Path root = temp.resolve("run");
    Process holder = holder(root, ProcessBuilder.Redirect.INHERIT);
    try {
      assertEquals('L', holder.getInputStream().read());
      assertThrows(InputException.class, () -> RunDirectory.open(root, Existing.RESUME));
      InputException error =
          assertThrows(
              InputException.class, () -> RunDirectory.requireOpenable(root, Existing.RESUME));
      assertTrue(error.getMessage().startsWith("another run is working in"), error.getMessage());
    } finally {
      holder.destroyForcibly();
      assertTrue(holder.waitFor(10, TimeUnit.SECONDS));
    }
    RunDirectory.open(root, Existing.RESUME).close();
  }

  @Test
  void aRefusalInTheSameProcessLeavesTheLock() throws Exception {
    Path root = temp.resolve("run");
    try (RunDirectory first = RunDirectory.open(root, Existing.FAIL)) {
      Path link = Files.createSymbolicLink(temp.resolve("link"), first.root());
      for (Path again : List.of(root, link)) {
        assertThrows(InputException.class, () -> RunDirectory.open(again, Existing.RESUME));
        assertThrows(
            InputException.class, () -> RunDirectory.requireOpenable(again, Existing.RESUME));
      }
      Process other = holder(root, ProcessBuilder.Redirect.DISCARD);
      try {
        assertEquals(-1, other.getInputStream().read(), "another process has the lock");
      } finally {
        other.destroyForcibly();
        assertTrue(other.waitFor(10, TimeUnit.SECONDS));
      }
    }
  }

  private static Process holder(Path root, ProcessBuilder.Redirect errors) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            LockHolder.class.getName(),
            root.toString())
        .redirectError(errors)
        .start();
  }

  /** Holds a run directory until it is killed. */
  static final class LockHolder {

    private LockHolder() {}

    public static void main(String[] arguments) throws Exception {
      try (RunDirectory directory = RunDirectory.open(Path.of(arguments[0]), Existing.FAIL)) {
        System.out.print('L');
        System.out.flush();
        Thread.sleep(60_000);
      }
    }
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNothingBeside() throws IOException {
    Path file = temp.resolve("file.txt");
    AtomicFiles.writeString(file, "old");
    assertThrows(
        RunFailedException.class,
        () ->
            AtomicFiles.write(
                file,
                path -> {
                  Files.writeString(path, "half");
                  throw new IOException("No space left on device");
                }));
    assertEquals("old", Files.readString(file));
    try (var files = Files.list(temp)) {
      assertEquals(1, files.count());
    }
  }

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
      assertFalse(Files.exists(directory.resolve("checkpoints/distill-000000009.safetensors")));
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

  @Test
  void aFolderInThePlaceOfAFileIsToldWithItsName() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("evaluation.json"));
    InputException error = assertThrows(InputException.class, () -> Fingerprint.ofFile(folder));
    assertEquals("cannot read " + folder + ": Is a directory", error.getMessage());
  }

  @Test
  void metricsAreCutBackToTheCheckpoint() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      MetricsLog metrics = directory.metrics();
      metrics.append("score", 9, 0.5, Map.of("loss", 1.0));
      for (int step = 1; step <= 4; step++) {
        metrics.append("distill", step, 0.5, Map.of("loss", step == 4 ? Double.NaN : step));
      }
      Path file = directory.resolve("metrics.jsonl");
      Files.writeString(file, Files.readString(file) + "{\"stage\":\"dist");
      metrics.cutBack("distill", 2);
      assertEquals(
          """
          {"stage":"score","step":9,"seconds":0.5,"loss":1.0}
          {"stage":"distill","step":1,"seconds":0.5,"loss":1.0}
          {"stage":"distill","step":2,"seconds":0.5,"loss":2.0}
          """,
          Files.readString(file));
    }
  }

  @Test
  void aDamagedByteOfTheMetricsCostsItsLineAtMost() throws IOException {
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      MetricsLog metrics = directory.metrics();
      for (int step = 1; step <= 3; step++) {
        metrics.append("distill", step, 0.5, Map.of("loss", 1.0));
      }
      Path file = directory.resolve("metrics.jsonl");
      byte[] bytes = Files.readAllBytes(file);
      bytes[0] ^= (byte) 0x80;
      Files.write(file, bytes);
      metrics.cutBack("distill", 2);
      assertEquals(
          "{\"stage\":\"distill\",\"step\":2,\"seconds\":0.5,\"loss\":1.0}\n",
          Files.readString(file));
    }
  }

  @Test
  void namesAndValuesOfAFingerprintAreKeptApart() {
    assertNotEquals(
        Fingerprint.of(Map.of("score.batch", "12")).hash(),
        Fingerprint.of(Map.of("score.batch1", "2")).hash());
    assertNotEquals(
        Fingerprint.of(Map.of("a", "1", "b", "2")).hash(),
        Fingerprint.of(Map.of("a", "1b2")).hash());
  }

  @Test
  void finishedStagesAreRememberedWithAllThatWentIntoThem() {
    Fingerprint fingerprint = Fingerprint.of(Map.of("prune.keep", "0.2", "scores.csv", "abc"));
    try (RunDirectory directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL)) {
      StageLog stages = directory.stages();
      stages.put(
          "prune",
          new StageLog.Entry(fingerprint, Map.of("coreset.csv", "def"), 1.5, Map.of("java", "17")));
      StageLog.Entry read = stages.entry("prune").orElseThrow();
      assertEquals(fingerprint, read.fingerprint());
      assertEquals("def", read.outputs().get("coreset.csv"));
      assertEquals(fingerprint.hash(), read.fingerprint().hash());
      assertEquals(
          "prune.keep was 0.2 and is now 0.3",
          read.fingerprint().firstDifference(fingerprint.with("prune.keep", "0.3")).orElseThrow());
      stages.remove("prune");
      assertTrue(stages.entry("prune").isEmpty());
    }
  }

  @Test
  void aFileIsHashedAgainOnlyWhereItChanged() throws IOException {
    Path file = Files.writeString(temp.resolve("weights"), "a");
    String first = FileHashes.of(file);
    assertEquals(Fingerprint.ofFile(file), first);
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "b");
    Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 1000));
    assertEquals(Fingerprint.ofFile(file), FileHashes.of(file));
    Files.setLastModifiedTime(file, time);
    assertEquals(first, FileHashes.of(file), "it was not read again");
    Files.writeString(file, "bb");
    assertEquals(Fingerprint.ofFile(file), FileHashes.of(file));
    Files.delete(file);
    assertThrows(InputException.class, () -> FileHashes.of(file));
  }

  @Test
  void stagesThatAreDoneAgainAreKnownUntilTheyAre() throws IOException {
    Path root = temp.resolve("run");
    try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
      StageLog stages = directory.stages();
      stages.put("score", entry("a"));
      stages.put("prune", entry("b"));
      stages.setAside(List.of("prune", "distill"));
      stages.setAside(List.of("prune", "distill"));
      assertEquals(Map.of("score", entry("a")), stages.entries());
      assertEquals(entry("b"), StageLog.in(root).last("prune").orElseThrow());
      assertEquals(entry("a"), stages.last("score").orElseThrow());
      assertTrue(stages.last("distill").isEmpty());
      stages.put("prune", entry("c"));
      assertEquals(entry("c"), stages.last("prune").orElseThrow());
    }
    assertEquals(List.of(".lock", "stages.json"), names(root));
  }

  private static StageLog.Entry entry(String output) {
    return new StageLog.Entry(
        Fingerprint.of(Map.of("key", "value")), Map.of("file", output), 1, Map.of());
  }

  @Test
  void halfAFileIsNoWork() throws IOException {
    Path root = temp.resolve("half");
    Path checkpoints = Files.createDirectories(root.resolve("checkpoints"));
    assertFalse(RunDirectory.holdsWork(root));
    Files.writeString(checkpoints.resolve("distill-000000002.safetensors.part"), "");
    Files.writeString(checkpoints.resolve("distill-000000002.safetensors.sha256"), "");
    assertFalse(RunDirectory.holdsWork(root));
    Files.writeString(checkpoints.resolve("distill-000000002.safetensors"), "");
    assertTrue(RunDirectory.holdsWork(root));
  }
}
