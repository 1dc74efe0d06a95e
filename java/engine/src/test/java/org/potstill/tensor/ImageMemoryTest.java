package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.RunCancelledException;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.testing.Heard;

class ImageMemoryTest {

  private static final String STAGE = "distill";

  /** More than a block of the file. */
  private static final long[] SHAPE = {3, 1000, 1000};

  private static final long BYTES = 12_000_000;

  @TempDir Path temp;
  private final Heard heard = new Heard();
  private final CancellationToken cancellation = new CancellationToken();
  private RunDirectory directory;

  @BeforeEach
  void open() {
    LibTorch.load();
    directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL);
  }

  @AfterEach
  void close() {
    directory.close();
  }

  private ImageMemory where(long free) {
    return new ImageMemory(new RunContext(directory, heard, cancellation, 0, 1), STAGE, () -> free);
  }

  private static boolean isMapped() throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.anyMatch(line -> line.contains("/checkpoints/images"));
    }
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(directory.progressFolder())) {
      return files.count();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void imagesThatFitAreInTheMemoryOfTheProcess() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Tensor images = where(BYTES * 4 / 3).empty(torch.ScalarType.Float, SHAPE);
      assertArrayEquals(SHAPE, Tensors.shape(images));
      assertFalse(isMapped());
      assertEquals(List.of(), heard.notes());
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void othersAreInAFileThatGoesWithTheTensor() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Tensor images = where(BYTES * 4 / 3 - 1).empty(torch.ScalarType.Float, SHAPE);
      assertArrayEquals(SHAPE, Tensors.shape(images));
      assertTrue(images.is_contiguous());
      assertTrue(isMapped());
      assertEquals(0, files());
      images.data_ptr_float().put(2_999_999, 3.5f);
      assertEquals(3.5f, images.select(0, 2).select(0, 999).select(0, 999).item_float());
      assertEquals(0, images.select(0, 0).count_nonzero().item_long());
    }
    assertFalse(isMapped());
    assertEquals(
        List.of(
            "what it holds takes 12.0 MB, and 16.0 MB of memory are free: it lies in a file of the"
                + " run directory"),
        heard.notes());
  }

  @Test
  void bytesTakeAByteEach() {
    try (PointerScope scope = new PointerScope()) {
      // 21 bytes are three quarters of 28; as floats they would not fit.
      where(28).empty(torch.ScalarType.Byte, 7, 3);
      assertEquals(List.of(), heard.notes());
      Tensor bytes = where(27).empty(torch.ScalarType.Byte, 7, 3);
      assertEquals(1, heard.notes().size());
      assertEquals(torch.ScalarType.Byte, bytes.scalar_type().intern());
      bytes.fill_(new Scalar(255));
      assertEquals(21 * 255, bytes.sum().item_long());
    }
  }

  @Test
  void nothingNeedsNoFile() {
    try (PointerScope scope = new PointerScope()) {
      assertEquals(0, where(0).empty(torch.ScalarType.Float, 0, 3).numel());
    }
    assertEquals(List.of(), heard.notes());
  }

  @Test
  void withoutAFileTheyAreInTheMemoryAndAWarningTellsWhy() throws IOException {
    Files.writeString(directory.progressFolder(), "in the way");
    try (PointerScope scope = new PointerScope()) {
      Tensor images = where(0).empty(torch.ScalarType.Float, SHAPE);
      assertArrayEquals(SHAPE, Tensors.shape(images));
    }
    String told = heard.warnings().get(0);
    assertTrue(told.contains("it cannot lie in a file of the run directory instead, "), told);
    assertTrue(told.endsWith("checkpoints: a file or link of that name is in the way"), told);
    assertEquals(List.of(), heard.notes());
  }

  @Test
  void oneThatIsStoppedLeavesNoFile() throws IOException {
    cancellation.cancel();
    try (PointerScope scope = new PointerScope()) {
      assertThrows(
          RunCancelledException.class, () -> where(0).empty(torch.ScalarType.Float, SHAPE));
    }
    assertEquals(0, files());
  }

  @Test
  void progressIsToldInMegabytes() {
    try (PointerScope scope = new PointerScope()) {
      where(0).empty(torch.ScalarType.Float, SHAPE);
    }
    assertEquals(
        List.of(
            new Heard.Progress("making room for images", 8, 12, "MB"),
            new Heard.Progress("making room for images", 12, 12, "MB")),
        heard.progress());
  }
}
