package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
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

class CheckpointFixtureTest {

  private static final String GROUP = "scorer/ckpt";
  private static final String MALICIOUS = "MALICIOUS_";
  private static final String BUFFER = "replay_buffer_";

  @TempDir Path folder;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static Stream<String> files() {
    return Stream.of(".pth", ".pt", ".pkl")
        .flatMap(suffix -> FixtureFile.names(GROUP, suffix).stream());
  }

  static Stream<String> malicious() {
    return files().filter(name -> name.contains(MALICIOUS));
  }

  static Stream<String> harmless() {
    return files().filter(name -> !name.contains(MALICIOUS));
  }

  static Stream<String> buffers() {
    return harmless().filter(name -> name.contains(BUFFER));
  }

  /** State dicts, with the file of the tensors that they hold. */
  static Stream<String> states() {
    return harmless().filter(name -> !name.contains(BUFFER));
  }

  private static Path path(String name) {
    return FixtureFile.root().resolve(name);
  }

  /** {@code tiny_zip_nested.pth} is described by {@code tiny_expected.safetensors}. */
  private static FixtureFile expected(String name) {
    String base = name.substring(name.lastIndexOf('/') + 1);
    String model = base.substring(0, base.indexOf('_'));
    return FixtureFile.open(GROUP + "/" + model + "_expected.safetensors");
  }

  @ParameterizedTest
  @MethodSource("states")
  void everyTensorOfTheStateEqualsTheExpectedOne(String name) {
    FixtureFile expected = expected(name);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = CheckpointReader.state(path(name))) {
      Set<String> wanted = new TreeSet<>(expected.names());
      if (name.contains("_nested")) {
        wanted.removeIf(key -> key.startsWith("extra."));
      }
      assertEquals(wanted, new TreeSet<>(state.names()));
      for (String key : wanted) {
        compare(name + " " + key, expected.doubles(key), state.get(key));
      }
    }
  }

  @Test
  void theOrderIsThatOfTheFile() {
    for (String name : states().filter(file -> !file.contains("_nested")).toList()) {
      try (NamedTensors state = CheckpointReader.state(path(name))) {
        assertEquals(List.copyOf(expected(name).names()), List.copyOf(state.names()), name);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("buffers")
  void expertsAreFoundByTheirPath(String name) {
    String base = name.substring(0, name.lastIndexOf(BUFFER) + BUFFER.length());
    FixtureFile expected = FixtureFile.open(base + "expected.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = CheckpointReader.tensors(path(name))) {
      assertEquals(expected.names().size(), tensors.size());
      for (String key : expected.names()) {
        String plain = key.replace("expert", "").replace("time", "").replace("param", "");
        compare(name + " " + key, expected.doubles(key), tensors.get(plain));
      }
      assertThrows(InputException.class, () -> CheckpointReader.state(path(name)));
    }
  }

  private static void compare(String what, double[] expected, Tensor actual) {
    Closeness.assertMaxAbsolute(what, expected, Closeness.doubles(actual), Tolerances.EXACT);
  }

  @ParameterizedTest
  @MethodSource("malicious")
  void maliciousFilesAreRefusedByNameAndNothingOfThemRuns(String name) throws IOException {
    for (String suffix : List.of(".pth", ".pkl", ".safetensors")) {
      Path copy = Files.copy(path(name), folder.resolve("weights" + suffix));
      InputException error = assertThrows(InputException.class, () -> CheckpointReader.state(copy));
      assertTrue(error.getMessage().contains(copy.toString()), error.getMessage());
      String asked = name.endsWith(".pkl") ? "eval" : "system";
      assertTrue(error.getMessage().contains("." + asked + "'"), error.getMessage());
      assertThrows(InputException.class, () -> CheckpointReader.tensors(copy));
    }
    assertFalse(Files.exists(Path.of("PWNED")));
    assertFalse(Files.exists(folder.resolve("PWNED")));
    assertFalse(Files.exists(path(name).resolveSibling("PWNED")));
  }

  @ParameterizedTest
  @MethodSource("harmless")
  void truncatedFilesAreRefusedByName(String name) throws IOException {
    byte[] whole = Files.readAllBytes(path(name));
    Path cut = folder.resolve("cut.pth");
    for (int part = 0; part < 60; part++) {
      int length = (int) ((long) whole.length * part / 60);
      Files.write(cut, Arrays.copyOf(whole, length));
      assertRefused(cut, "cut to " + length);
    }
    Files.write(cut, Arrays.copyOf(whole, whole.length - 1));
    assertRefused(cut, "cut by one");
  }

  private static void assertRefused(Path file, String what) {
    InputException error =
        assertThrows(InputException.class, () -> CheckpointReader.tensors(file).close(), what);
    assertTrue(error.getMessage().contains(file.toString()), what + ": " + error.getMessage());
  }

  /** Whatever a byte is changed to, the file is read or refused, and nothing else happens. */
  @ParameterizedTest
  @MethodSource("harmless")
  void damagedFilesAreReadOrRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(path(name));
    Path damaged = folder.resolve("damaged.pth");
    for (int position = 0; position < whole.length; position += 1 + whole.length / 400) {
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
    assertFalse(Files.exists(Path.of("PWNED")));
  }
}
