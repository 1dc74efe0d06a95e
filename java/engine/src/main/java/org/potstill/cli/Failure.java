package org.potstill.cli;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.potstill.errors.PotstillException;
import org.potstill.run.ByteSizes;
import org.potstill.tensor.GpuMemory;

/**
 * What is told of an error.
 *
 * @param status exit status
 * @param message one or several lines, without stack frames
 * @param cause what {@code --debug} shows
 */
record Failure(int status, String message, Throwable cause) {

  /** Exit status of wrong usage, config or input. */
  static final int USAGE = 2;

  private static final int FAILED = 1;
  private static final String LESS_MEMORY =
      "lower score.batch, distill.batch-real, distill.images-per-class or data.resolution, or take"
          + " a machine with more";
  private static final Pattern WANTED = Pattern.compile("tried to allocate (\\d{1,18}) bytes");

  /** The failure that {@code error} stands for. */
  static Failure of(Throwable error) {
    if (error instanceof PotstillException told) {
      return new Failure(told.exitStatus(), told.getMessage(), error);
    }
    String line = firstLine(error);
    if (isNativeMemory(error, line)) {
      return new Failure(FAILED, "out of memory: " + memory(line) + "; " + LESS_MEMORY, error);
    }
    if (error instanceof OutOfMemoryError && line.contains("native thread")) {
      String advice =
          "the system allows no more threads; raise the limit (ulimit -u, or that of the container)"
              + " or lower run.threads";
      return new Failure(FAILED, advice, error);
    }
    if (error instanceof OutOfMemoryError) {
      String advice = "; give Java more, for example java -Xmx4g -jar engine.jar";
      return new Failure(FAILED, "out of Java memory: " + line + advice, error);
    }
    if (error instanceof NoClassDefFoundError
        && error.getCause() instanceof ClassNotFoundException) {
      String advice = " is missing; --debug shows what needs it";
      return new Failure(FAILED, "the class " + line.replace('/', '.') + advice, error);
    }
    if (error instanceof IncompatibleClassChangeError) {
      String advice = "; --debug shows where, and docs/embedding.md what versions are needed";
      String what = "a library on the class path is of a version that does not fit: ";
      return new Failure(FAILED, what + line + advice, error);
    }
    if (error instanceof LinkageError) {
      return new Failure(FAILED, "a native library cannot be loaded: " + line, error);
    }
    if (isLibTorch(error)) {
      return new Failure(FAILED, "LibTorch: " + line + "; --debug shows more", error);
    }
    String kind = error.getClass().getSimpleName();
    return new Failure(FAILED, "unexpected " + kind + ": " + line + "; --debug shows more", error);
  }

  /**
   * The exit status of a command that ended with {@code status}: a failure where it finished and
   * its results could not be written, since a print stream keeps that to itself.
   */
  static int withOutput(int status, Streams streams) {
    if (!streams.out().checkError()) {
      return status;
    }
    streams.err().println("error: not all of the output could be written to standard output");
    return status == 0 || status == Summary.SOME_LEFT_OUT ? FAILED : status;
  }

  /** Writes the event of an error to standard output. */
  static void toldAsJson(int status, String message, Streams streams) {
    JsonLines.print(
        streams.out(),
        Map.of("event", "error", "status", status, "message", String.valueOf(message)));
  }

  /** Writes it to standard error, with {@code --json} to standard output too. */
  int report(Streams streams, Output output) {
    if (output.json()) {
      toldAsJson(status, message, streams);
    }
    streams.err().println("error: " + message);
    if (output.debug()) {
      cause.printStackTrace(streams.err());
    }
    return status;
  }

  private static boolean isNativeMemory(Throwable error, String line) {
    return line.contains("can't allocate memory")
        || GpuMemory.isCertainlyFull(error)
        || (error instanceof OutOfMemoryError && line.contains("hysical"));
  }

  /** What LibTorch says of the main memory, without the place in its source. */
  private static String memory(String line) {
    Matcher wanted = WANTED.matcher(line);
    return wanted.find()
        ? ByteSizes.text(Long.parseLong(wanted.group(1))) + " could not be allocated"
        : line;
  }

  /** Whether the exception was thrown by native code of JavaCPP's presets. */
  private static boolean isLibTorch(Throwable error) {
    StackTraceElement[] frames = error.getStackTrace();
    return error.getClass() == RuntimeException.class
        && frames.length > 0
        && frames[0].isNativeMethod()
        && frames[0].getClassName().startsWith("org.bytedeco.");
  }

  private static String firstLine(Throwable error) {
    String message = error.getMessage();
    return message == null
        ? error.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }
}
