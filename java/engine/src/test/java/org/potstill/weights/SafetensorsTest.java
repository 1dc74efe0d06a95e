package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class SafetensorsTest {

  private static final String TWO =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
          + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}";

  @TempDir Path folder;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  @Test
  void everyTypeAndOrderSurvivesTheRoundTrip() throws IOException {
    Path file = folder.resolve("round trip, ü.safetensors");
    List<torch.ScalarType> types =
        List.of(
            torch.ScalarType.Float,
            torch.ScalarType.Double,
            torch.ScalarType.Half,
            torch.ScalarType.BFloat16,
            torch.ScalarType.Long,
            torch.ScalarType.Int,
            torch.ScalarType.Byte,
            torch.ScalarType.Bool);
    try (PointerScope scope = new PointerScope();
        NamedTensors written = new NamedTensors()) {
      // Transposed, so that what is written is not the memory as it lies.
      Tensor values = Tensors.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3).t();
      for (torch.ScalarType type : types) {
        written.put("z." + type, values.to(type));
      }
      written.put("scalar", Tensors.of(new long[] {7}));
      written.put("empty", Tensors.of(new float[0], 0, 4));
      Safetensors.write(file, written, Map.of("quote", "\"ü\"\n"));
      Safetensors opened = Safetensors.open(file);
      assertEquals(Map.of("quote", "\"ü\"\n"), opened.metadata());
      try (NamedTensors read = opened.readAll()) {
        assertEquals(List.copyOf(written.names()), List.copyOf(read.names()));
        for (String name : written.names()) {
          assertEquals(
              written.get(name).scalar_type().intern(),
              read.get(name).scalar_type().intern(),
              name);
          assertTrue(written.get(name).equal(read.get(name)), name);
        }
      }
      assertArrayEquals(new long[0], opened.shape("scalar"));
      assertArrayEquals(new long[] {7}, Tensors.toLongs(opened.read("scalar")));
    }
  }

  @Test
  void tensorsOutliveTheFile() throws IOException {
    Path file = write(TWO, 11);
    Safetensors opened = Safetensors.open(file);
    try (NamedTensors read = opened.readAll()) {
      Files.delete(file);
      assertEquals(2, read.get("a").numel());
      assertThrows(InputException.class, () -> opened.read("a"));
    }
  }

  @Test
  void everyLengthOfATruncatedFileIsRefusedByName() throws IOException {
    byte[] whole = Files.readAllBytes(write(TWO, 11));
    for (int length = 0; length < whole.length; length++) {
      Path file = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, length));
      InputException error = assertThrows(InputException.class, () -> Safetensors.open(file));
      assertTrue(error.getMessage().contains(file.toString()), error.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[0,8]  | [4,7]   | overlaps",
        "[0,8]  | [9,12]  | gap",
        "[0,8]  | [8,10]  | not its size",
        "[0,8]  | [8,7]   | data_offsets",
        "[0,8]  | [-3,0]  | data_offsets",
        "[0,8]  | [8]     | data_offsets",
        "[0,8]  | [8,11.5]| data_offsets",
        "[8,16] | [16,19] | ends early"
      })
  void offsetsThatDoNotFitAreRefused(String a, String b, String reason) throws IOException {
    Path file = write(TWO.replace("[0,8]", a).replace("[8,11]", b), 12);
    assertRefused(file, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[2]     | [4294967296,4294967296,4294967296] | not its size",
        "[2]     | [-2]                               | not a list of sizes",
        "'\"F32\"' | '\"F8\"'                          | F8",
        "'\"a\"' | '\"b\"'                              | Duplicate",
        "'{'     | '['                                | JSON"
      })
  void headersThatDoNotFitAreRefused(String part, String replacement, String reason)
      throws IOException {
    assertRefused(write(TWO.replace(part, replacement), 11), reason);
  }

  @Test
  void aHugeHeaderIsRefusedBeforeItIsAllocated() throws IOException {
    ByteBuffer start = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(0, Long.MAX_VALUE);
    assertRefused(Files.write(folder.resolve("huge"), start.array()), "header would be");
  }

  /** What programs in Python save otherwise, told what to do about it. */
  @ParameterizedTest
  @ValueSource(strings = {"PK\u0003\u0004\u0000\u0000\b\b", "\u0093NUMPY\u0001\u0000"})
  void aFileOfAnotherKindIsToldHowToSaveIt(String start) throws IOException {
    byte[] bytes = (start + "rest").getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(Files.write(folder.resolve("set.pt"), bytes), "by save_file of the package");
  }

  @Test
  void bytesAfterTheLastTensorAreRefused() throws IOException {
    assertRefused(write(TWO, 12), "1 bytes after");
  }

  @Test
  void aMissingTensorNamesThoseThereAre() throws IOException {
    Safetensors opened = Safetensors.open(write(TWO, 11));
    InputException error = assertThrows(InputException.class, () -> opened.read("c"));
    assertTrue(error.getMessage().contains("[a, b]"), error.getMessage());
  }

  private static void assertRefused(Path file, String reason) {
    InputException error = assertThrows(InputException.class, () -> Safetensors.open(file));
    assertTrue(error.getMessage().contains(reason), error.getMessage());
    assertTrue(error.getMessage().contains(file.toString()), error.getMessage());
  }

  private Path write(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(json.length).put(json);
    return Files.write(folder.resolve("written.safetensors"), all.array());
  }

  /** The length of its header comes first in a file, and may look like what others begin with. */
  @ParameterizedTest
  @CsvSource({"0x80", "0x180", "0x4B50", "0x88"})
  void headersOfEveryLengthAreRecognised(int length) throws IOException {
    byte[] json = Arrays.copyOf(TWO.getBytes(StandardCharsets.UTF_8), length);
    Arrays.fill(json, TWO.length(), length, (byte) ' ');
    ByteBuffer all = ByteBuffer.allocate(8 + length + 11).order(ByteOrder.LITTLE_ENDIAN);
    Path file = folder.resolve("some.pth");
    Files.write(file, all.putLong(length).put(json).array());
    try (NamedTensors read = CheckpointReader.state(file)) {
      assertEquals(List.of("a", "b"), List.copyOf(read.names()));
    }
    assertEquals(Map.of(), CheckpointReader.settings(file));
  }
}
