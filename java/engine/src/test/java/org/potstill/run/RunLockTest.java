package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.testing.ForkedJvm;

class RunLockTest {

  @TempDir Path temp;

  /** What several processes run at once. */
  public static final class Contender {

    private Contender() {}

    /**
     * Opens a run directory over and over, writes nothing there, so that it is taken away again,
     * and prints all that was wrong.
     *
     * @param arguments the directory
     */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws IOException {
      Path root = Path.of(arguments[0]);
      Set<String> wrong = new TreeSet<>();
      long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
      while (System.nanoTime() < end) {
        try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
          claim(root.resolveSibling("claim"));
        } catch (FileAlreadyExistsException e) {
          wrong.add("two hold it");
        } catch (InputException e) {
          if (!e.getMessage().startsWith("another run is working in ")) {
            wrong.add(e.getMessage());
          }
        }
      }
      wrong.forEach(System.out::println);
    }

    private static void claim(Path file) throws IOException {
      Files.createFile(file);
      Files.delete(file);
    }
  }

  @Test
  void onlyOneHoldsADirectoryThatComesAndGoes() throws Exception {
    List<ForkedJvm.Running> contenders = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String root = temp.resolve("run").toString();
      contenders.add(new ForkedJvm(temp).start(Contender.class.getName(), root));
    }
    for (ForkedJvm.Running contender : contenders) {
      ForkedJvm.Outcome outcome = contender.await();
      assertEquals("", outcome.out(), outcome.err());
      assertEquals(0, outcome.status(), outcome.err());
    }
  }
}
