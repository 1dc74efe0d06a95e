package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
import org.potstill.fixtures.Closeness;
import org.potstill.tensor.NamedTensors;

class NetworkUnpicklerTest {

  private static final String CALL = "cos\nsystem\n(U\u0002idtR";

  private static final String TENSOR = tensorOf("ctorch.storage\n_load_from_bytes\n(C\u0001xtR");

  private static final StoredTensor.Storage STORAGE =
      new StoredTensor.Storage("x", ElementType.F32, 4);

  @TempDir Path folder;

  private static String tensorOf(String storage) {
    return "ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + "K\u0000(K\u0004t(K\u0001t\u0089ccollections\nOrderedDict\n)RtR";
  }

  /** {'D': ..., 'G_ema': ...}. */
  private static String snapshot(String discriminator, String generator) {
    return "}(U\u0001D" + discriminator + "U\u0005G_ema" + generator + "u.";
  }

  private static String module(String parameters, String modules) {
    return "ctorch.nn\nModule\n)\u0081"
        + ("}(U\u000b_parameters" + parameters + "U\u0008_modules" + modules + "ub");
  }

  private static String dictionary(String key, String value) {
    return "}U" + (char) key.length() + key + value + "s";
  }

  private static String generator() {
    return module(dictionary("w", TENSOR), "}");
  }

  private Map<String, StoredTensor> state(String pickle) {
    Path file = folder.resolve("network.pkl");
    try {
      Files.writeString(file, "\u0080\u0004" + pickle, StandardCharsets.ISO_8859_1);
      try (FileChannel channel = FileChannel.open(file)) {
        NetworkUnpickler unpickler = new NetworkUnpickler(file.toString(), bytes -> STORAGE);
        return CheckpointTree.state(
            file, unpickler.read(new FileInput(channel, 0, channel.size())));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void assertRefused(String pickle, String reason) {
    InputException error = assertThrows(InputException.class, () -> state(pickle));
    assertTrue(error.getMessage().contains(reason), error.getMessage());
    assertTrue(error.getMessage().contains("network.pkl"), error.getMessage());
  }

  /**
   * Written by {@code src/data/make-dilled-network.py}: hooks that are closures, bound methods,
   * classes and keys of all kinds below the discriminator.
   */
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5})
  void theGeneratorIsReadWhateverDillMadeOfTheDiscriminator(int protocol)
      throws URISyntaxException {
    String name = "dilled-network-" + protocol + ".pkl";
    Path file = Path.of(NetworkUnpicklerTest.class.getResource(name).toURI());
    try (PointerScope scope = new PointerScope();
        NamedTensors state = CheckpointReader.state(file)) {
      assertEquals(Set.of("const", "mapping.weight"), Set.copyOf(state.names()));
      assertArrayEquals(numbers(100, 5), Closeness.doubles(state.get("const")));
      assertArrayEquals(numbers(0, 12), Closeness.doubles(state.get("mapping.weight")));
    }
    assertEquals(List.of(3L, 4L), CheckpointReader.shapes(file).get("mapping.weight"));
    assertEquals("4", CheckpointReader.settings(file).get("mapping.z_dim"));
    InputException error =
        assertThrows(InputException.class, () -> CheckpointReader.tensors(file).close());
    assertTrue(error.getMessage().contains("dill._dill._create_type"), error.getMessage());
  }

  private static double[] numbers(int start, int count) {
    return IntStream.range(start, start + count).mapToDouble(i -> number(i)).toArray();
  }

  private static double number(int index) {
    return (index * 7919 % 1009 - 504) / 1024.0;
  }

  /** Everything that a pickle can do with what it names, below the discriminator. */
  static Stream<String> unknown() {
    return Stream.of(
        CALL,
        "cos\nsystem\n",
        "\u008c\u0002os\u008c\u0006system\u0093\u008c\u0002id\u0085R",
        "(ios\nsystem\n",
        "(U\u0002idios\nsystem\n",
        "(cos\nsystem\nU\u0002ido",
        "cos\nsystem\n)\u0081",
        "cos\nsystem\n)}\u0092",
        "cos\nsystem\nq\u00010h\u0001)R",
        "cos\nsystem\n)R)R",
        "cdill._dill\n_load_type\n(]q\u0001h\u0001atR",
        "cos\nsystem\n" + CALL + "R",
        CALL + "}b",
        CALL + "U\u0001aK\u0001\u0086b",
        "}" + CALL + "b",
        "ctorch.nn\nModule\n)\u0081" + CALL + "b",
        "ctorch.nn\nModule\n)\u0081)R",
        CALL + "K\u0001a",
        CALL + "(K\u0001e",
        CALL + "(K\u0001\u0090",
        CALL + "U\u0001aK\u0001s",
        CALL + "(U\u0001aK\u0001u",
        "}" + CALL + "K\u0001s",
        "})K\u0001s",
        "}NK\u0001s",
        "}ccollections\nOrderedDict\nK\u0001s",
        "ccollections\nOrderedDict\n(" + CALL + "tR",
        "ctorch_utils.persistence\n_reconstruct_persistent_obj\n(" + CALL + "tR",
        "ctorch.storage\n_load_from_bytes\n(" + CALL + "tR",
        tensorOf(CALL),
        "ctorch._utils\n_rebuild_parameter\n(" + tensorOf(CALL) + "\u0088NtR",
        "\u0096\u0003\0\0\0\0\0\0\0abc",
        "\u008b\u0003\0\0\0abc");
  }

  @ParameterizedTest
  @MethodSource("unknown")
  void whatIsUnknownIsPassedOverBelowTheDiscriminator(String pickle) {
    Map<String, StoredTensor> state = state(snapshot(pickle, generator()));
    assertEquals(Set.of("w"), state.keySet());
    assertEquals(STORAGE, state.get("w").storage());
  }

  static Stream<String> needed() {
    return Stream.of(
        CALL,
        CALL + "}b",
        "ctorch.nn\nModule\n)\u0081" + CALL + "b",
        "ctorch_utils.persistence\n_reconstruct_persistent_obj\n(" + CALL + "tR",
        module(CALL, "}"),
        module("ccollections\nOrderedDict\n(" + CALL + "tR", "}"),
        module(dictionary("w", CALL), "}"),
        module(dictionary("w", tensorOf(CALL)), "}"),
        module(dictionary("w", TENSOR), CALL),
        module(dictionary("w", TENSOR), dictionary("inner", CALL)),
        module(dictionary("w", TENSOR), dictionary("inner", module(CALL, "}"))));
  }

  @ParameterizedTest
  @MethodSource("needed")
  void whatTheGeneratorNeedsIsRefusedByName(String generator) {
    assertRefused(snapshot("N", generator), "'os.system'");
  }

  @Test
  void aTensorOfTheGeneratorHasAName() {
    assertRefused(snapshot("N", module("})" + TENSOR + "s", "}")), "dictionary key");
  }

  @Test
  void thePlainGeneratorDoesNotTakeThePlaceOfAnUnknownOne() {
    assertRefused("}(U\u0001G" + generator() + "U\u0005G_ema" + CALL + "u.", "'os.system'");
  }

  @Test
  void aStateThatIsUnknownInPartIsRefused() {
    String known = "U\u0005G_ema" + generator();
    assertRefused("}(U\u0005model" + CALL + known + "u.", "'os.system'");
    String part = "}(U\u0001v" + TENSOR + "U\u0001w" + CALL + "u";
    assertRefused("}(U\u0005model" + part + known + "u.", "'os.system'");
  }

  @ParameterizedTest
  @MethodSource("unknown")
  void withoutANetworkNothingMayBeUnknown(String pickle) throws IOException {
    if (!pickle.contains("os\nsystem")) {
      return;
    }
    Path file = folder.resolve("plain.pkl");
    Files.writeString(file, "\u0080\u0004}U\u0001D" + pickle + "s.", StandardCharsets.ISO_8859_1);
    InputException error =
        assertThrows(InputException.class, () -> CheckpointReader.state(file).close());
    assertTrue(error.getMessage().contains("'os.system'"), error.getMessage());
  }

  /** Python could not load them either. */
  @ParameterizedTest
  @ValueSource(strings = {"\u0082\u0001", "Pdevice\n", "\u0097", "U\u0002id)R", "U\u0002idQ"})
  void whatNoPickledNetworkHoldsIsRefusedAnywhere(String pickle) {
    assertThrows(InputException.class, () -> state(snapshot(pickle, generator())));
  }

  @Test
  void bytesThatReachBeyondTheFileAreRefused() {
    assertRefused(snapshot("\u0096\0\0\0\0\u0001\0\0\0", generator()), "4294967296");
    assertRefused(snapshot("\u008b\u00ff\u00ff\u00ff\u007f", generator()), "2147483647");
  }
}
