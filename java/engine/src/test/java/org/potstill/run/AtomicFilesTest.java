package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

class AtomicFilesTest {

  @TempDir Path temp;

  @Test
  void aFullDeviceIsToldAndLeavesTheOldFile() throws IOException {
    Path file = temp.resolve("file.txt");
    AtomicFiles.writeString(file, "old");
    RunFailedException error =
        assertThrows(
            RunFailedException.class,
            () -> AtomicFiles.write(file, part -> Files.writeString(Path.of("/dev/full"), "new")));
    assertTrue(
        error
            .getMessage()
            .endsWith("No space left on device; free some space or choose another place"),
        error.getMessage());
    assertEquals("old", Files.readString(file));
  }

  @Test
  void aThreadThatIsInterruptedIsNotToldToFreeSpace() throws IOException {
    Path file = Files.writeString(temp.resolve("a"), "old");
    Thread.currentThread().interrupt();
    RunFailedException error =
        assertThrows(RunFailedException.class, () -> AtomicFiles.writeString(file, "new"));
    assertTrue(Thread.interrupted());
    assertEquals(
        "cannot write " + file + ": the thread was interrupted; a listener must not leave it so",
        error.getMessage());
    assertOnly(file);
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
    assertTrue(notReplaced.endsWith("; move it away or choose another place"), notReplaced);
    String notAllowed =
        assertThrows(
                RunFailedException.class,
                () ->
                    AtomicFiles.write(
                        temp.resolve("report.html"),
                        part -> {
                          throw new AccessDeniedException(part.toString());
                        }))
            .getMessage();
    assertTrue(notAllowed.endsWith("; choose another place"), notAllowed);
  }

  /** As where the run directory is moved or deleted while a run works in it. */
  @Test
  void aFolderThatIsGoneMeanwhileIsTold() {
    Path file = temp.resolve("run/file.txt");
    String message =
        assertThrows(
                RunFailedException.class,
                () ->
                    AtomicFiles.write(
                        file,
                        part -> {
                          Files.writeString(part, "new");
                          Files.move(file.getParent(), temp.resolve("moved"));
                        }))
            .getMessage();
    String part = file + ".part";
    assertEquals(
        "cannot write " + file + ": " + part + ": there is no such file; choose another place",
        message);
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
    assertOnly(file);
  }

  /** As where two processes convert into one file: neither publishes what the other has begun. */
  @Test
  void writersOfOneNamedFileDoNotMeet() throws IOException {
    Path file = temp.resolve("file.txt");
    AtomicFiles.writeNamed(
        file,
        true,
        part -> {
          Files.writeString(part, "first");
          AtomicFiles.writeNamed(file, true, other -> Files.writeString(other, "second"));
          assertEquals("second", Files.readString(file));
          assertEquals("first", Files.readString(part));
        });
    assertEquals("first", Files.readString(file));
    assertOnly(file);
  }

  @Test
  void aNamedFileThatIsThereMeanwhileIsLeftAlone() throws IOException {
    Path file = temp.resolve("file.txt");
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                AtomicFiles.writeNamed(
                    file,
                    false,
                    part -> {
                      Files.writeString(part, "first");
                      AtomicFiles.writeNamed(
                          file, false, other -> Files.writeString(other, "second"));
                    }));
    assertEquals(
        file + " exists; --overwrite replaces it, or name another file", error.getMessage());
    assertEquals("second", Files.readString(file));
    assertOnly(file);
  }

  @Test
  void whatAKilledProcessLeftOfANamedFileIsDeleted() throws IOException {
    Path file = temp.resolve("file.txt");
    Path left = old("file.txt.0123abcd.part");
    List<Path> others = new ArrayList<>(List.of(old("file.txt.part"), old("film.0123abcd.part")));
    others.add(old("file.txt.original.part"));
    // By a process that is at work.
    others.add(Files.writeString(temp.resolve("file.txt.89abcdef.part"), "ha"));
    AtomicFiles.writeNamed(file, false, part -> Files.writeString(part, "new"));
    assertFalse(Files.exists(left));
    assertEquals(others, others.stream().filter(Files::exists).toList());
    assertEquals("new", Files.readString(file));
  }

  private Path old(String name) throws IOException {
    Path file = Files.writeString(temp.resolve(name), "ha");
    return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
  }

  @Test
  void aLinkIsInTheWayOfANamedFileThatReplacesNone() throws IOException {
    Path link = Files.createSymbolicLink(temp.resolve("link"), temp.resolve("nowhere"));
    assertThrows(
        InputException.class,
        () -> AtomicFiles.writeNamed(link, false, part -> Files.writeString(part, "new")));
    assertTrue(Files.isSymbolicLink(link));
    AtomicFiles.writeNamed(link, true, part -> Files.writeString(part, "new"));
    assertFalse(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(link));
    assertOnly(link);
  }

  private void assertOnly(Path file) throws IOException {
    try (var files = Files.list(temp)) {
      assertEquals(List.of(file), files.toList());
    }
  }
}
