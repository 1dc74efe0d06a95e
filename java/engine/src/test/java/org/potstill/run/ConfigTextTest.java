package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.errors.InputException;

class ConfigTextTest {

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "'', is not the config of a run; ",
    "'- a list', is not the config of a run; ",
    "'run:\n  name: a\n  seed', is damaged: line 3: ",
    "'run: \"cut', is damaged: line 1: "
  })
  void aDamagedConfigOfARunIsToldInALineWithWhatToDo(String text, String reason)
      throws IOException {
    Path file = Files.writeString(temp.resolve("config.yaml"), text.replace("\\n", "\n"));
    InputException error = assertThrows(InputException.class, () -> ConfigText.read(file));
    assertTrue(error.getMessage().startsWith(file + " " + reason), error.getMessage());
    assertTrue(error.getMessage().contains("put it back, or delete it"), error.getMessage());
    assertEquals(1, error.getMessage().lines().count(), error.getMessage());
  }
}
