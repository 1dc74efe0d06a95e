package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ScorerScheduleTest {

  private static final double ROUNDING = 1e-12;

  @Test
  void rateRisesForAFifthOfTheStepsAndFallsAlongHalfACosine() {
    ScorerSchedule schedule = new ScorerSchedule(10, 6);
    assertEquals(2, schedule.at(0), ROUNDING);
    assertEquals(4, schedule.at(1), ROUNDING);
    assertEquals(6, schedule.at(2), ROUNDING);
    assertEquals(3 + 3 * Math.sqrt(0.5), schedule.at(4), ROUNDING);
    assertEquals(3, schedule.at(6), ROUNDING);
    assertEquals(3 - 3 * Math.cos(Math.PI / 8), schedule.at(9), ROUNDING);
  }

  @Test
  void aSingleStepIsTaken() {
    assertEquals(0.5, new ScorerSchedule(1, 1).at(0), ROUNDING);
  }
}
