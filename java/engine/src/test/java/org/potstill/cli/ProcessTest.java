package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.testing.ForkedJvm;
import org.potstill.testing.Signals;

/** What only a process of its own can show: start-up, exit status, signals. */
class ProcessTest {

  /** It was 9 when this was written. */
  private static final double BARE_STARTS = 14;

  private static final int LEAST_TRIES = 3;

  /** Other processes only ever add to the time, so one quiet moment among these is enough. */
  private static final int TRIES = 20;

  /** As {@code times} prints it, of the user and of the system. */
  private static final Pattern PROCESSOR_TIME = Pattern.compile("(\\d+)m([\\d.]+)s");

  /** It was 1144 when this was written, and 402 of a program that does nothing. */
  private static final int HELP_CLASSES = 1400;

  @TempDir Path folder;

  /** Of the processes that are started; null for that of the tests. */
  private String locale;

  private Process start(List<String> options, Class<?> main, String... arguments)
      throws IOException {
    return start(command(options, main, arguments));
  }

  private static List<String> command(List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  private Process start(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    if (locale != null) {
      builder.environment().put("LC_ALL", locale);
    }
    return builder.start();
  }

  private String read(String stream) throws IOException {
    return Files.readString(folder.resolve(stream));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "--version"})
  void helpLoadsNothingNativeAndNoLogging(String option) throws Exception {
    Path log = folder.resolve("classes");
    Process process = start(List.of("-Xlog:class+load:file=" + log), Main.class, option);
    assertEquals(0, process.waitFor());
    List<String> loaded = Files.readAllLines(log);
    // What the time goes by, on a busy machine too.
    assertTrue(loaded.size() < HELP_CLASSES, loaded.size() + " classes");
    List<String> heavy =
        loaded.stream()
            .filter(
                line ->
                    line.contains("] org.bytedeco.")
                        || line.contains("] org.slf4j.")
                        || line.contains("] ch.qos.logback.")
                        || line.contains("] com.fasterxml.")
                        || line.contains("] org.snakeyaml."))
            .toList();
    assertEquals(List.of(), heavy);
    assertEquals("", read("err"));
  }

  /**
   * Half a second where a bare virtual machine takes 35 ms. Of processor time, to which other
   * processes add little, and of the best of some starts in turn.
   */
  @Test
  void helpTakesNoLongerThanAFewBareStarts() throws Exception {
    double help = Double.MAX_VALUE;
    double bare = Double.MAX_VALUE;
    for (int i = 0; i < LEAST_TRIES || (i < TRIES && help > BARE_STARTS * bare); i++) {
      bare = Math.min(bare, processorSeconds(Bare.class));
      help = Math.min(help, processorSeconds(Main.class, "--help"));
    }
    assertTrue(help <= BARE_STARTS * bare, help + " s, a bare start " + bare + " s");
  }

  /** As bash tells it of its children, in milliseconds; other shells count in hundredths. */
  private double processorSeconds(Class<?> main, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", "\"$0\" \"$@\" > /dev/null && times"));
    command.addAll(command(List.of(), main, arguments));
    locale = "C";
    assertEquals(0, start(command).waitFor(), read("err"));
    Matcher times = PROCESSOR_TIME.matcher(read("out").lines().skip(1).findFirst().orElseThrow());
    double seconds = 0;
    while (times.find()) {
      seconds += 60 * Double.parseDouble(times.group(1)) + Double.parseDouble(times.group(2));
    }
    assertTrue(seconds > 0, read("out"));
    return seconds;
  }

  /** A program that does nothing. */
  static final class Bare {

    private Bare() {}

    public static void main(String[] arguments) {}
  }

  @Test
  void wrongUsageEndsWithStatusTwo() throws Exception {
    Process process = start(List.of(), Main.class, "run", folder.resolve("none.yaml").toString());
    assertEquals(2, process.waitFor());
    assertTrue(read("err").startsWith("error: there is no config file"), read("err"));
  }

  /** Java takes the letters of file names from the locale. */
  @Test
  void lettersThatFilesCannotHaveAreToldWithWhatHelps() throws Exception {
    String config = folder.resolve("quick.yaml").toString();
    Files.writeString(Path.of(config), "data: {source: 'builtin:fashion-mnist-mini'}\n");
    assumeTrue(
        System.getProperty("sun.jnu.encoding").equals("UTF-8"), "the letter cannot be handed on");
    locale = "C";
    for (String[] arguments :
        new String[][] {
          {"run", folder + "/\u00fc.yaml", "--dry-run"},
          {"run", config, "--dry-run", "--out", folder + "/\u00fc"}
        }) {
      assertEquals(2, start(List.of(), Main.class, arguments).waitFor());
      assertTrue(read("err").contains("LC_ALL=C.UTF-8"), read("err"));
    }
  }

  /** As in a container that does not know its user; Java calls his home a question mark. */
  @Test
  void withoutAHomeDirectoryATildeIsRefused() throws Exception {
    Path config = folder.resolve("quick.yaml");
    Files.writeString(config, "data: {source: 'folder:~/images'}\n");
    ForkedJvm jvm = new ForkedJvm(folder).option("-Duser.home=?").environment("HOME", "");
    ForkedJvm.Outcome outcome = jvm.run(Main.class.getName(), "validate", config.toString());
    assertEquals(2, outcome.status());
    assertTrue(
        outcome.err().contains("without ~, since no home directory is known here"), outcome.err());
  }

  /** Other programs read it, and cron has no locale. */
  @ParameterizedTest
  @ValueSource(strings = {"-Dfile.encoding=UTF-8", "-Dfile.encoding=ISO-8859-1"})
  void outputIsInUtf8WhateverTheLocale(String option) throws Exception {
    Path config = folder.resolve("quick.yaml");
    Files.writeString(
        config, "run: {name: Bl\u00fcte}\ndata: {source: 'builtin:fashion-mnist-mini'}\n");
    locale = "C";
    String out = folder.resolve("run").toString();
    List<String> options = List.of(option);
    String[] command = {"run", config.toString(), "--dry-run", "--json", "--out", out};
    assertEquals(0, start(options, Main.class, command).waitFor(), read("err"));
    assertTrue(read("out").contains("\"run.name\":\"Bl\u00fcte\""), read("out"));
    Files.writeString(config, "run: {name: Bl\u00fcte, nam\u00e9: 1}\n");
    assertEquals(2, start(options, Main.class, command).waitFor());
    assertTrue(read("out").contains("run.nam\u00e9"), read("out"));
    assertEquals(2, start(options, Main.class, "run", config.toString()).waitFor());
    assertTrue(read("err").contains("run.nam\u00e9"), read("err"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM", "HUP"})
  void signalLetsTheStepFinish(String signal) throws Exception {
    Signals.assumeNotIgnored(signal);
    Path config = folder.resolve("wait.yaml");
    Files.writeString(config, "data: {source: 'builtin:fashion-mnist-mini'}\n");
    Path out = folder.resolve("run");
    Process process =
        start(List.of(), FakeEngine.class, "run", config.toString(), "--out", out.toString());
    waitFor("all ...");
    send(signal, process);
    waitFor("interrupted: finishing the running step");
    send(signal, process);
    waitFor("still finishing the running step");
    Files.createFile(out.resolve(FakeEngine.STEP_ENDS));
    assertEquals(130, process.waitFor());
    assertTrue(read("err").endsWith("error: interrupted; continue it with --resume\n"));
  }

  private static void send(String signal, Process process) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
  }

  private void waitFor(String text) throws Exception {
    for (int i = 0; i < 600 && !read("err").contains(text); i++) {
      Thread.sleep(50);
    }
    assertTrue(read("err").contains(text), read("err"));
  }
}
