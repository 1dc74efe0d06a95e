package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.JarURLConnection;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.testing.ForkedJvm;

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

  /** What a process runs in which another class loader is unpacking. */
  public static final class Unpacking {
    private Unpacking() {}

    /** Chooses the folder while a thread holds JavaCPP's locks, as one that unpacks does. */
    public static void main(String[] arguments) throws Exception {
      CountDownLatch held = new CountDownLatch(1);
      Path lock = Path.of(System.getProperty(NativeCache.PROPERTY), ".lock");
      Thread unpacking =
          new Thread(
              () -> {
                synchronized (Runtime.getRuntime()) {
                  try (FileOutputStream file = new FileOutputStream(lock.toFile());
                      FileLock taken = file.getChannel().lock()) {
                    held.countDown();
                    Thread.sleep(200);
                  } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                }
              });
      unpacking.start();
      held.await();
      NativeCache.prepare();
      unpacking.join();
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

  private String prepare(String... properties) throws Exception {
    return prepare(new ForkedJvm(folder), properties);
  }

  private static String prepare(ForkedJvm jvm, String... properties) throws Exception {
    List.of(properties).forEach(jvm::option);
    ForkedJvm.Outcome outcome = jvm.run(Probe.class.getName());
    assertEquals(0, outcome.status(), outcome.err());
    return outcome.err() + outcome.out();
  }

  @Test
  void emptyHomeIsFilledAndSaidSo() throws Exception {
    Path logging = folder.resolve("logback.xml");
    Files.writeString(logging, LOGGING);
    String output =
        prepare("-Duser.home=" + folder, "-Dlogback.configurationFile=" + logging.toUri());
    assertTrue(output.matches("(?s).*first use: unpacking (500|1020) MB .*"), output);
    assertTrue(output.endsWith(folder.resolve(".javacpp/cache") + "\n"), output);
  }

  @Test
  void folderThatHoldsTheLibrariesIsTakenWithoutAWord() throws Exception {
    leave(folder.resolve(jarOfLibTorch()), sizeOfLibTorch());
    assertEquals(folder + "\n", prepare("-D" + NativeCache.PROPERTY + "=" + folder));
    assertEquals(folder + "\n", prepare("-Dorg.bytedeco.javacpp.cacheDir=" + folder));
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
    assertFalse(Files.exists(jar.resolve(libTorch().getEntryName())));
    assertTrue(Files.exists(other));
  }

  @Test
  void whatAnotherClassLoaderUnpacksIsWaitedFor() throws Exception {
    Path jar = folder.resolve(jarOfLibTorch());
    leave(jar, sizeOfLibTorch() / 2);
    ForkedJvm jvm = new ForkedJvm(folder).option("-D" + NativeCache.PROPERTY + "=" + folder);
    ForkedJvm.Outcome outcome = jvm.run(Unpacking.class.getName());
    assertEquals(0, outcome.status(), outcome.err());
    assertFalse(Files.exists(jar.resolve(libTorch().getEntryName())));
  }

  @Test
  void processesThatBeginTogetherWaitForWhatTheOthersUnpack() throws Exception {
    Path cache = folder.resolve("cache");
    load(cache, "UTC", "UTC", "UTC");
    assertTrue(NativeCache.holdsLibraries(cache));
    Path library = find(cache, "libopenblas.so.0");
    Path same = Files.createLink(folder.resolve("same"), library);
    load(cache, "Asia/Tokyo", "UTC", "Asia/Tokyo");
    assertTrue(Files.isSameFile(same, library), "unpacked again in another time zone");
  }

  private void load(Path cache, String... zones) throws Exception {
    List<ForkedJvm.Running> processes = new ArrayList<>();
    for (String zone : zones) {
      ForkedJvm jvm =
          new ForkedJvm(folder)
              .option("-D" + NativeCache.PROPERTY + "=" + cache)
              .option("-Duser.timezone=" + zone)
              .option("-XX:ErrorFile=" + folder.resolve("crash-" + processes.size()));
      processes.add(jvm.start(Load.class.getName()));
      // So that each comes while the one before it unpacks, which the largest takes a second of.
      Thread.sleep(200);
    }
    for (ForkedJvm.Running process : processes) {
      ForkedJvm.Outcome outcome = process.await();
      assertEquals(0, outcome.status(), outcome.out() + outcome.err());
    }
  }

  private static Path find(Path cache, String name) throws IOException {
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
    }
  }

  private static void leave(Path jar, long size) throws IOException {
    Path library = jar.resolve(libTorch().getEntryName());
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
    return (JarURLConnection) NativeCache.largestLibrary().openConnection();
  }

  @Test
  void homeThatCannotBeWrittenToIsReplaced() throws Exception {
    Path file = Files.createFile(folder.resolve("home"));
    String output =
        prepare("-Duser.home=" + file, "-Duser.name=jane", "-Djava.io.tmpdir=" + folder);
    assertTrue(output.contains(file + "/.javacpp/cache cannot be written to"), output);
    assertTrue(output.strip().endsWith("potstill-natives-jane"));
  }

  /** As in a container that runs as a user of its own: Java calls its home a question mark. */
  @Test
  void userWithoutHomeHasTheLibrariesAmongTemporaryFiles() throws Exception {
    Object number = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    Map<String, String> folders = Map.of("jane", "jane", "jane.doe", "jane_doe", "?", "" + number);
    for (Map.Entry<String, String> user : folders.entrySet()) {
      String output =
          prepare(
              new ForkedJvm(folder).environment("HOME", ""),
              "-Duser.home=?",
              "-Duser.name=" + user.getKey(),
              "-Djava.io.tmpdir=" + folder);
      String other = folder + "/potstill-natives-" + user.getValue();
      assertTrue(
          output.contains(
              "no home directory is known; native libraries are unpacked into " + other),
          output);
      assertTrue(Files.isDirectory(Path.of(other)));
    }
  }

  @Test
  void userWithoutHomeInTheSystemMayNameOne() throws Exception {
    String output =
        prepare(new ForkedJvm(folder).environment("HOME", folder.toString()), "-Duser.home=?");
    assertEquals(folder + "/.javacpp/cache", output.strip());
  }

  @Test
  void folderThatWasAskedForAndCannotBeUsedIsRefused() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    String output = prepare("-D" + NativeCache.PROPERTY + "=" + file.resolve("below"));
    assertTrue(output.startsWith("refused: the folder for native libraries " + file), output);
    assertTrue(output.contains("choose another with --native-cache DIR"), output);
  }
}
