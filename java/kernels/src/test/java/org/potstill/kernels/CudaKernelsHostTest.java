package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/**
 * The binding and the kernels behind it, executed on the host, whose memory stands in for the
 * device's: no GPU is needed.
 */
class CudaKernelsHostTest extends CudaCases {

  @BeforeAll
  static void loadTheHostExecution() {
    String folder = System.getProperty("potstill.cuda.host");
    assumeTrue(
        folder != null && Files.exists(Path.of(folder, "libpotstill_cuda.so")),
        () -> "the host execution of the CUDA kernels was not built into " + folder);
    System.setProperty(NativeLibrary.CUDA_PATH_PROPERTY, folder);
    assertEquals("", NativeLibrary.CUDA.load());
  }
}
