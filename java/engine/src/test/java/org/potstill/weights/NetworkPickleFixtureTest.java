package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.errors.InputException;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;

class NetworkPickleFixtureTest {

  @TempDir Path folder;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  static Stream<String> pickles() {
    return FixtureFile.names("stylegan", ".pkl").stream();
  }

  private static Path path(String name) {
    return FixtureFile.root().resolve(name);
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void theStateOfTheAveragedGeneratorEqualsTheExpectedOne(String name) {
    FixtureFile expected = FixtureFile.open(name.replace(".pkl", "_expected.safetensors"));
    try (PointerScope scope = new PointerScope();
        NamedTensors state = CheckpointReader.state(path(name))) {
      assertEquals(new TreeSet<>(expected.names()), new TreeSet<>(state.names()));
      for (String key : expected.names()) {
        Closeness.assertMaxAbsolute(
            name + " " + key,
            expected.doubles(key),
            Closeness.doubles(state.get(key)),
            Tolerances.EXACT);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void onlyPlainSettingsAreTakenBesides(String name) {
    Map<String, String> settings = CheckpointReader.settings(path(name));
    assertTrue(settings.getOrDefault("z_dim", "").matches("\\d+"), name + " " + settings);
    assertEquals(settings.get("mapping.z_dim"), settings.get("z_dim"), name);
    FixtureFile expected = FixtureFile.open(name.replace(".pkl", "_expected.safetensors"));
    List<String> layers =
        expected.names().stream()
            .filter(key -> key.matches("synthesis\\.L\\w+\\.weight"))
            .map(key -> key.replace(".weight", ""))
            .toList();
    assertFalse(layers.isEmpty(), name);
    layers.forEach(layer -> assertEquals("256", settings.get(layer + ".conv_clamp"), layer));
    assertFalse(settings.values().stream().anyMatch(value -> value.contains("source")));
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void cutFilesAreRefusedByName(String name) throws IOException {
    byte[] whole = Files.readAllBytes(path(name));
    Path cut = folder.resolve("cut.pkl");
    for (int part = 0; part < 60; part++) {
      Files.write(cut, Arrays.copyOf(whole, (int) ((long) whole.length * part / 60)));
      InputException error =
          assertThrows(InputException.class, () -> CheckpointReader.state(cut).close());
      assertTrue(error.getMessage().contains(cut.toString()), error.getMessage());
    }
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void damagedFilesAreReadOrRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(path(name));
    Path damaged = folder.resolve("damaged.pkl");
    for (int position = 0; position < whole.length; position += 1 + whole.length / 300) {
      byte before = whole[position];
      whole[position] = (byte) (before ^ 0xA5);
      Files.write(damaged, whole);
      try {
        CheckpointReader.tensors(damaged).close();
      } catch (InputException e) {
        assertTrue(e.getMessage().contains(damaged.toString()), e.getMessage());
      }
      whole[position] = before;
    }
  }

  /** The same file, with the class of its records exchanged for a function that runs commands. */
  @ParameterizedTest
  @MethodSource("pickles")
  void aNetworkThatAsksForCodeIsRefusedByName(String name) throws IOException {
    String text = Files.readString(path(name), StandardCharsets.ISO_8859_1);
    String called = text.replace("\u008c\u000bdnnlib.util", "\u008c\u000bposixpath12");
    Path file = folder.resolve("network.pkl");
    Files.writeString(file, called, StandardCharsets.ISO_8859_1);
    InputException error =
        assertThrows(InputException.class, () -> CheckpointReader.state(file).close());
    assertTrue(error.getMessage().contains("'posixpath12.EasyDict'"), error.getMessage());
  }

  @Test
  void aPickleOfSomethingElseIsRefused() throws IOException {
    Path file = folder.resolve("list.pkl");
    Files.write(file, new byte[] {(byte) 0x80, 2, ']', '.'});
    InputException error =
        assertThrows(InputException.class, () -> CheckpointReader.state(file).close());
    assertTrue(error.getMessage().contains("no checkpoint"), error.getMessage());
  }
}
