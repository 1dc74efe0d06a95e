package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;

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
      assertThrows(InputException.class, () -> RunDirectory.requireOpenable(temp, existing));
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

  static List<String> names(Path folder) throws IOException {
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
  void aFileOrAnUnwritablePlaceIsAnInputError() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertThrows(InputException.class, () -> RunDirectory.open(file, Existing.FAIL));
    Path inside = file.resolve("run");
    assertThrows(InputException.class, () -> RunDirectory.open(inside, Existing.FAIL));
    assertThrows(InputException.class, () -> RunDirectory.requireOpenable(inside, Existing.FAIL));
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
