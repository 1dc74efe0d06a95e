package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each case in a process of its own, since the folder is chosen once per process. */
class NativeCacheTest {

  private static final String LOGGING =
      """
      <configuration>
        <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
          <encoder><pattern>%m%n</pattern></encoder>
        </appender>
        <root level="INFO"><appender-ref ref="OUT"/></root>
      </configuration>
      """;

  @TempDir Path folder;

  /** What the other process runs. */
  public static final class Probe {
    private Probe() {}

    /** Prints the folder, or the message of the refusal. */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) {
      try {
        System.out.println(NativeCache.prepare());
      } catch (RuntimeException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  private String prepare(String... properties) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(properties));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
    File output = folder.resolve("output").toFile();
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start();
    assertEquals(0, process.waitFor());
    return Files.readString(output.toPath(), StandardCharsets.UTF_8);
  }

  @Test
  void emptyHomeIsFilledAndSaidSo() throws Exception {
    Path logging = folder.resolve("logback.xml");
    Files.writeString(logging, LOGGING);
    String output =
        prepare("-Duser.home=" + folder, "-Dlogback.configurationFile=" + logging.toUri());
    assertTrue(output.contains("first use: unpacking 500 MB"), output);
    assertTrue(output.endsWith(folder.resolve(".javacpp/cache") + "\n"), output);
  }

  @Test
  void folderThatHoldsTheLibrariesIsTakenWithoutAWord() throws Exception {
    Path library = folder.resolve("engine.jar/org/bytedeco/pytorch/linux-x86_64/libtorch_cpu.so");
    Files.createDirectories(library.getParent());
    Files.createFile(library);
    assertEquals(folder + "\n", prepare("-D" + NativeCache.PROPERTY + "=" + folder));
    assertTrue(NativeCache.holdsLibraries(folder));
    assertFalse(NativeCache.holdsLibraries(folder.resolve("none")));
  }

  @Test
  void homeThatCannotBeWrittenToIsReplaced() throws Exception {
    Path file = Files.createFile(folder.resolve("home"));
    String output = prepare("-Duser.home=" + file, "-Djava.io.tmpdir=" + folder);
    assertTrue(output.contains(file + "/.javacpp/cache cannot be written to"), output);
    assertTrue(output.strip().endsWith("potstill-natives-" + System.getProperty("user.name")));
  }

  @Test
  void folderThatWasAskedForAndCannotBeUsedIsRefused() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    String output = prepare("-D" + NativeCache.PROPERTY + "=" + file.resolve("below"));
    assertTrue(output.startsWith("refused: the folder for native libraries " + file), output);
    assertTrue(output.contains("choose another with --native-cache DIR"), output);
  }
}
