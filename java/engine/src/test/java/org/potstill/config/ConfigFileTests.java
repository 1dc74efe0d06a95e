package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;

/** A configuration as a file in a folder. */
abstract class ConfigFileTests {

  @TempDir Path folder;

  Config load(String yaml, String... overrides) throws IOException {
    Path file = folder.resolve("quick.yaml");
    Files.writeString(file, yaml);
    return ConfigLoader.load(file, List.of(overrides));
  }

  String messageOf(String yaml, String... overrides) {
    InputException error = assertThrows(InputException.class, () -> load(yaml, overrides));
    return error.getMessage().replace(folder + "/", "");
  }
}
