package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
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
     * Opens a run directory over and over, takes it away again, and prints how often, and all that
     * was wrong.
     *
     * @param arguments the directory
     */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws IOException {
      Path root = Path.of(arguments[0]);
      Set<String> wrong = new TreeSet<>();
      long start = System.nanoTime();
      int held = 0;
      // At the end the others are done, and each has to get it once more.
      boolean last = false;
      while (!last && System.nanoTime() - start < Duration.ofSeconds(60).toNanos()) {
        boolean alone = System.nanoTime() - start > Duration.ofSeconds(4).toNanos();
        try (RunDirectory directory = RunDirectory.open(root, Existing.FAIL)) {
          takeAway(root);
          held++;
          last = alone;
        } catch (FileAlreadyExistsException e) {
          wrong.add("two hold it");
        } catch (InputException e) {
          if (!e.getMessage().startsWith("another run is working in ")) {
            wrong.add(e.getMessage());
          }
        }
      }
      System.out.println((held > 20 ? "often" : held + " times") + (last ? "" : ", then no more"));
      wrong.forEach(System.out::println);
    }

    /** As a run does that made the folder and wrote nothing, whoever made this one. */
    private static void takeAway(Path root) throws IOException {
      Path claim = root.resolveSibling("claim");
      Files.createFile(claim);
      Files.delete(claim);
      Files.delete(root.resolve(RunLock.FILE));
      try {
        Files.deleteIfExists(root);
      } catch (DirectoryNotEmptyException e) {
        // Another one has begun there.
      }
    }
  }

  @Test
  void onlyOneHoldsADirectoryThatComesAndGoes() throws Exception {
    List<ForkedJvm.Running> contenders = new ArrayList<>();
    Path root = temp.resolve("run");
    for (int i = 0; i < 3; i++) {
      contenders.add(new ForkedJvm(temp).start(Contender.class.getName(), root.toString()));
    }
    for (ForkedJvm.Running contender : contenders) {
      ForkedJvm.Outcome outcome = contender.await();
      assertEquals("often\n", outcome.out(), outcome.err());
      assertEquals(0, outcome.status(), outcome.err());
    }
  }
}
