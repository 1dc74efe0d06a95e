package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** Zip archives as {@code torch.save} writes them, made by hand. */
class ZipCheckpointTest {

  private static final float[] STORED = {1, 2, 3, 4};

  /** Sizes and strides, one byte each, of the view {@code w} of the storage. */
  private static final String WHOLE = "(K\u0004t(K\u0001t";

  @TempDir Path folder;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static String pickle(String view) {
    return "}U\u0001wctorch._utils\n_rebuild_tensor_v2\n("
        + "(U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpuK\u0004tQ"
        + "K\u0000"
        + view
        + "\u0089ccollections\nOrderedDict\n)RtRs.";
  }

  private static byte[] data() {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : STORED) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static byte[] zip(String view) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      StoredEntries.add(zip, "a/data.pkl", pickle(view).getBytes(StandardCharsets.ISO_8859_1));
      StoredEntries.add(zip, "a/data/0", data());
    }
    return bytes.toByteArray();
  }

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("weights.pth"), bytes);
  }

  private static int find(byte[] bytes, byte[] wanted) {
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .indexOf(new String(wanted, StandardCharsets.ISO_8859_1));
  }

  @Test
  void expandedTensorsHaveTheirElementsRepeated() throws IOException {
    try (PointerScope scope = new PointerScope();
        NamedTensors read =
            CheckpointReader.tensors(file(zip("(K\u0002K\u0004t(K\u0000K\u0001t")))) {
      assertArrayEquals(new long[] {2, 4}, Tensors.shape(read.get("w")));
      assertTrue(read.get("w").is_contiguous());
      assertArrayEquals(new float[] {1, 2, 3, 4, 1, 2, 3, 4}, Tensors.toFloats(read.get("w")));
    }
  }

  @Test
  void changedWeightsAreToldByTheirEntry() throws IOException {
    byte[] bytes = zip(WHOLE);
    bytes[find(bytes, data()) + 5] ^= 0x40;
    Path file = file(bytes);
    InputException error =
        assertThrows(InputException.class, () -> CheckpointReader.tensors(file).close());
    assertEquals(
        file
            + " is damaged: the bytes of its entry a/data/0 are not those that were written (their"
            + " CRC-32 differs); fetch it again",
        error.getMessage());
  }

  @Test
  void aChangedPickleIsToldByItsEntryWithoutReadingTheWeights() throws IOException {
    byte[] bytes = zip(WHOLE);
    bytes[find(bytes, new byte[] {'U', 1, 'w'}) + 2] = 'v';
    Path file = file(bytes);
    InputException error = assertThrows(InputException.class, () -> CheckpointReader.shapes(file));
    assertTrue(error.getMessage().contains("its entry a/data.pkl"), error.getMessage());
  }

  @Test
  void weightsWithoutASumAreRead() throws IOException {
    byte[] bytes = zip(WHOLE);
    CRC32 sum = new CRC32();
    sum.update(data());
    ByteBuffer four = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    byte[] wanted = four.putInt((int) sum.getValue()).array();
    for (int at = find(bytes, wanted); at >= 0; at = find(bytes, wanted)) {
      ByteBuffer.wrap(bytes).putInt(at, 0);
    }
    try (NamedTensors read = CheckpointReader.tensors(file(bytes))) {
      assertEquals(Set.of("w"), read.names());
      assertArrayEquals(STORED, Tensors.toFloats(read.get("w")));
    }
  }
}
