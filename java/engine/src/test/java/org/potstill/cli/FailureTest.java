package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;

class FailureTest {

  private static void assertTold(int status, String message, Throwable error) {
    Failure failure = Failure.of(error);
    assertEquals(message, failure.message());
    assertEquals(status, failure.status());
  }

  /** As if native code of {@code owner} had thrown it. */
  private static RuntimeException nativeError(String owner, String message) {
    RuntimeException error = new RuntimeException(message);
    // A native method has no line, which the number -2 stands for.
    error.setStackTrace(
        new StackTraceElement[] {new StackTraceElement(owner, "forward", "Module.java", -2)});
    return error;
  }

  @Test
  void whoseErrorItIsIsTold() {
    assertTold(2, "no such file", new InputException("no such file"));
    assertTold(
        1,
        "a native library cannot be loaded: no jnitorch",
        new UnsatisfiedLinkError("no jnitorch"));
    assertTold(
        1,
        "a library on the class path is of a version that does not fit: MERGE; --debug shows where,"
            + " and docs/embedding.md what versions are needed",
        new NoSuchFieldError("MERGE"));
    assertTold(
        1,
        "the class org.host.Part is missing; --debug shows what needs it",
        new NoClassDefFoundError("org/host/Part").initCause(new ClassNotFoundException()));
    assertTold(
        1,
        "LibTorch: sizes differ; --debug shows more",
        nativeError("org.bytedeco.pytorch.Module", "sizes differ\nException raised from here"));
    assertTold(
        1,
        "unexpected RuntimeException: sizes differ; --debug shows more",
        nativeError("com.example.Module", "sizes differ"));
    assertTold(
        1,
        "unexpected IllegalStateException: IllegalStateException; --debug shows more",
        new IllegalStateException());
  }

  @Test
  void aLackOfThreadsIsNoneOfMemory() {
    assertTold(
        1,
        "the system allows no more threads; raise the limit (ulimit -u, or that of the container)"
            + " or lower run.threads",
        new OutOfMemoryError(
            "unable to create native thread: possibly out of memory or process/resource limits"
                + " reached"));
  }

  @Test
  void whoseMemoryIsFullIsTold() {
    String less =
        "; lower score.batch, distill.batch-real, distill.images-per-class or data.resolution, or"
            + " take a machine with more";
    String libTorch = "DefaultCPUAllocator: can't allocate memory: you tried to allocate ";
    assertTold(
        1,
        "out of memory: 3.0 GB could not be allocated" + less,
        nativeError("org.bytedeco.pytorch.Module", libTorch + "3000000000 bytes. Error code 12"));
    assertTold(
        1,
        "out of memory: Physical memory usage is too high" + less,
        new OutOfMemoryError("Physical memory usage is too high"));
    assertTold(
        1,
        "out of Java memory: Java heap space; give Java more, for example java -Xmx4g -jar"
            + " engine.jar",
        new OutOfMemoryError("Java heap space"));
  }
}
