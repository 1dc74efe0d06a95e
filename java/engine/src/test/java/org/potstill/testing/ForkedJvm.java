package org.potstill.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Java program in a process of its own, with the class path of the tests. */
public final class ForkedJvm {

  private final Path home;
  private final Path folder;
  private final List<String> options = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private String added = "";

  /** A JVM like the one that runs the tests, its output below {@code folder}. */
  public ForkedJvm(Path folder) {
    this(folder, Path.of(System.getProperty("java.home")));
  }

  /** The JVM of the JDK at {@code home}. */
  public ForkedJvm(Path folder, Path home) {
    this.folder = folder;
    this.home = home;
    // As the manifest of engine.jar says; without it, Java 24 and newer print a warning.
    options.add("--enable-native-access=ALL-UNNAMED");
  }

  /** Adds an option of the JVM. */
  public ForkedJvm option(String option) {
    options.add(option);
    return this;
  }

  /** Sets a variable of the environment. */
  public ForkedJvm environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Has the allocator give back at once what is freed, so that what is held can be measured. */
  public ForkedJvm givingBack() {
    environment.put("MALLOC_ARENA_MAX", "1");
    environment.put("MALLOC_MMAP_THRESHOLD_", "65536");
    environment.put("MALLOC_TRIM_THRESHOLD_", "65536");
    return this;
  }

  /** Puts a folder of classes, or a jar, before the class path of the tests. */
  public ForkedJvm before(Path classes) {
    added = classes + File.pathSeparator;
    return this;
  }

  /** How a process ended and what it printed. */
  public record Outcome(int status, String out, String err) {}

  /** Starts {@code program} (a class name, or a source file) with {@code arguments}. */
  public Running start(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin/java").toString());
    command.addAll(options);
    command.add("-cp");
    command.add(added + classPath());
    command.add(program);
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().putAll(environment);
    return new Running(builder.start(), out, err);
  }

  /** Runs {@code program} to its end, at most ten minutes. */
  public Outcome run(String program, String... arguments) throws Exception {
    return start(program, arguments).await();
  }

  /** The class path of the tests. */
  public static String classPath() {
    // Surefire starts the tests from a jar that only names the class path.
    String real = System.getProperty("surefire.test.class.path");
    return real == null ? System.getProperty("java.class.path") : real;
  }

  /** A process that was started. */
  public record Running(Process process, Path out, Path err) {

    /** Kills it at once, as SIGKILL does. */
    public Outcome kill() throws Exception {
      process.destroyForcibly();
      return await();
    }

    /** Sends it SIGINT, as Ctrl-C does. */
    public void interrupt() throws Exception {
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    /** Waits for its end, at most ten minutes. */
    public Outcome await() throws Exception {
      if (!process.waitFor(10, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException("the process ran longer than ten minutes");
      }
      return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }
}
