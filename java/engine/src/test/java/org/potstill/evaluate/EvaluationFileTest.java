package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;

class EvaluationFileTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "{\"networks\": {}}", "[]", "{\"networks\": {\"conv"})
  void whatHoldsNoEvaluationIsRefused(String content, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve(Evaluation.FILE), content);
    InputException error = assertThrows(InputException.class, () -> EvaluationFile.read(file));
    assertTrue(error.getMessage().startsWith("cannot read " + file + ": "), error.getMessage());
    assertTrue(error.getMessage().endsWith("--overwrite measures anew"), error.getMessage());
  }
}
