package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class EvaluationRowsTest {

  @Test
  void intervalsEndWhereAccuraciesDo() {
    assertEquals("95 %: 84.3 to 100.0", cell(0.97, 0.127).interval());
    assertEquals("95 %: 0.0 to 33.4", cell(0.08, 0.254).interval());
    assertEquals("95 %: 37.3 to 62.7", cell(0.5, 0.127).interval());
    assertEquals("", cell(0.5, Double.NaN).interval());
    assertEquals(Numbers.percent(0.97, 0.01), cell(0.97, 0.127).text());
  }

  private static EvaluationRows.Cell cell(double mean, double ci95) {
    Evaluation.Accuracy accuracy = new Evaluation.Accuracy(mean, 0.01, ci95, 2);
    Evaluation.TrainingSet set = new Evaluation.TrainingSet(Map.of("convnet", accuracy), null);
    EvaluationRows.Table table =
        EvaluationRows.of(new Evaluation(set, null, Map.of(), Map.of(), 0, new TreeMap<>()));
    return table.rows().get(0).cells().get(0);
  }
}
