package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potstill.config.EvaluateConfig.Schedule;

class LearningRateScheduleTest {

  private static List<Double> steps(int epochs) {
    LearningRateSchedule schedule = LearningRateSchedule.of(Schedule.STEP, epochs, 1);
    return IntStream.range(0, epochs).mapToObj(schedule::at).toList();
  }

  @Test
  void stepFallsToATenthAfterTheFirstHalf() {
    assertEquals(List.of(1.0, 1.0, 0.1, 0.1), steps(4));
    assertEquals(List.of(1.0, 1.0, 1.0, 0.1, 0.1), steps(5));
  }
}
