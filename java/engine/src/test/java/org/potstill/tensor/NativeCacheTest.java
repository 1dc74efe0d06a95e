package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.JarURLConnection;
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

  private static final String LIBTORCH = "org/bytedeco/pytorch/linux-x86_64/libtorch_cpu.so";

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

  /** What processes run that begin together. */
  public static final class Load {
    private Load() {}

    /** Loads LibTorch. */
    public static void main(String[] arguments) {
      LibTorch.load();
    }
  }

  private String prepare(String... properties) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    assertEquals(0, start(Probe.class, output, properties).waitFor());
    return Files.readString(output, StandardCharsets.UTF_8);
  }

  private static Process start(Class<?> program, Path output, String... properties)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(properties));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        // Where a crash would leave its report.
        .directory(output.getParent().toFile())
        .start();
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
    leave(folder.resolve(jarOfLibTorch()), sizeOfLibTorch());
    assertEquals(folder + "\n", prepare("-D" + NativeCache.PROPERTY + "=" + folder));
    assertTrue(NativeCache.holdsLibraries(folder));
    assertFalse(NativeCache.holdsLibraries(folder.resolve("none")));
  }

  @Test
  void librariesOfAnotherJarOrAnotherVersionDoNotCount() throws Exception {
    leave(folder.resolve("other.jar"), sizeOfLibTorch());
    assertFalse(NativeCache.holdsLibraries(folder));
    leave(folder.resolve(jarOfLibTorch()), sizeOfLibTorch() - 1);
    assertFalse(NativeCache.holdsLibraries(folder));
  }

  @Test
  void whatAKilledProcessLeftHalfUnpackedIsDeleted() throws Exception {
    Path jar = folder.resolve(jarOfLibTorch());
    leave(jar, sizeOfLibTorch() / 2);
    Path other = Files.createFile(jar.resolve("of-another-version.so"));
    prepare("-D" + NativeCache.PROPERTY + "=" + folder);
    assertFalse(Files.exists(jar.resolve(LIBTORCH)));
    assertTrue(Files.exists(other));
  }

  @Test
  void processesThatBeginTogetherWaitForWhatTheOthersUnpack() throws Exception {
    Path cache = folder.resolve("cache");
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Path output = folder.resolve("output-" + i);
      processes.add(start(Load.class, output, "-D" + NativeCache.PROPERTY + "=" + cache));
      // About as far apart as the libraries are that one after the other is unpacked.
      Thread.sleep(200);
    }
    for (int i = 0; i < processes.size(); i++) {
      int status = processes.get(i).waitFor();
      assertEquals(0, status, Files.readString(folder.resolve("output-" + i)));
    }
    assertTrue(NativeCache.holdsLibraries(cache));
  }

  private static void leave(Path jar, long size) throws IOException {
    Path library = jar.resolve(LIBTORCH);
    Files.createDirectories(library.getParent());
    try (RandomAccessFile file = new RandomAccessFile(library.toFile(), "rw")) {
      file.setLength(size);
    }
  }

  private static String jarOfLibTorch() throws IOException {
    return Path.of(libTorch().getJarFileURL().getPath()).getFileName().toString();
  }

  private static long sizeOfLibTorch() throws IOException {
    return libTorch().getContentLengthLong();
  }

  private static JarURLConnection libTorch() throws IOException {
    return (JarURLConnection) NativeCacheTest.class.getResource("/" + LIBTORCH).openConnection();
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
