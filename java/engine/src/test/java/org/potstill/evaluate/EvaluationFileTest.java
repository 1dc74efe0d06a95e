package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;

class EvaluationFileTest {

  @Test
  void whatIsWrittenHasEveryFigureAndReadsBackEqual(@TempDir Path folder) throws IOException {
    Map<String, Evaluation.NetworkResult> networks = new LinkedHashMap<>();
    networks.put("convnet", new Evaluation.NetworkResult(List.of(0.75, 0.25)));
    networks.put("vit", new Evaluation.NetworkResult(List.of(0.5)));
    Evaluation.SetResult set = new Evaluation.SetResult(networks, "vit");
    Evaluation.SetResult alone =
        new Evaluation.SetResult(
            Map.of("vit", new Evaluation.NetworkResult(List.of(0.125))), "vit");
    Map<String, Object> protocol = new LinkedHashMap<>();
    protocol.put("whitening", "zca");
    protocol.put("epochs", 5);
    Evaluation evaluation =
        new Evaluation(set, Map.of("random", alone), protocol, Optional.of(alone));
    Path file = folder.resolve(Evaluation.FILE);
    EvaluationFile.write(file, evaluation);
    assertEquals(evaluation, EvaluationFile.read(file));
    // Student's t of 0.975 with one degree of freedom times 0.25.
    double ci95 = new Evaluation.NetworkResult(List.of(0.75, 0.25)).ci95().orElseThrow();
    assertEquals(12.7062 * 0.25, ci95, 1e-4);
    String ofVit =
        "{'distilling': 'vit', 'networks': {'vit': {'accuracies': [0.125], 'mean': 0.125,"
            + " 'std': 0.0, 'ci95': null}}, 'cross': {'mean': null, 'std': null, 'ci95': null}}";
    String expected =
        "{'distilling': 'vit', 'networks': {'convnet': {'accuracies': [0.75, 0.25], 'mean': 0.5,"
            + " 'std': 0.25, 'ci95': CI95}, 'vit': {'accuracies': [0.5], 'mean': 0.5, 'std': 0.0,"
            + " 'ci95': null}}, 'cross': {'mean': 0.5, 'std': 0.25, 'ci95': CI95}, 'protocol':"
            + " {'whitening': 'zca', 'epochs': 5}, 'maxima': VIT, 'baselines': {'random': VIT}}";
    ObjectMapper json = new ObjectMapper();
    String text =
        expected.replace("CI95", Double.toString(ci95)).replace("VIT", ofVit).replace('\'', '"');
    assertEquals(json.readTree(text), json.readTree(file.toFile()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "{\"networks\": {}}", "[]", "{\"networks\": {\"conv"})
  void whatHoldsNoEvaluationIsRefused(String content, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve(Evaluation.FILE), content);
    InputException error = assertThrows(InputException.class, () -> EvaluationFile.read(file));
    assertTrue(error.getMessage().startsWith("cannot read " + file + ": "), error.getMessage());
    assertTrue(error.getMessage().endsWith("--overwrite measures anew"), error.getMessage());
  }
}
