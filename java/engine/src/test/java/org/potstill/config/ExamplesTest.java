package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example is a valid configuration. */
class ExamplesTest {

  private static final Path FOLDER = Path.of(System.getProperty("potstill.root"), "examples");

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void isValidAndNamedAfterItsFile(Path file) {
    Config config = ConfigLoader.load(file, List.of());
    assertEquals(config.run().name() + ".yaml", file.getFileName().toString());
  }

  @Test
  void subsetAndMethodsOfThePaperAreVariables() {
    Path file = FOLDER.resolve("paper-pixel-dc-128.yaml");
    for (String subset :
        List.of("a", "b", "c", "d", "e", "imagenette", "imagewoof", "birds", "fruits", "cats")) {
      Config config = ConfigLoader.load(file, List.of("data.classes=" + subset));
      assertTrue(config.data().classes().toString().contains(subset), subset);
      assertEquals(5, config.distill().network().depth());
    }
    Path large = FOLDER.resolve("paper-pixel-dc-256.yaml");
    assertEquals(6, ConfigLoader.load(large, List.of()).distill().network().depth());
  }
}
