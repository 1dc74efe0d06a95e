package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class DurationsTest {

  @Test
  void durationsAreRoundedBeforeTheyAreTakenApart() {
    assertEquals("0.0 s", Durations.text(0));
    assertEquals("3.2 s", Durations.text(3.21));
    assertEquals("59 s", Durations.text(59.4));
    assertEquals("1 min 0 s", Durations.text(59.7));
    assertEquals("4 min 10 s", Durations.text(250));
    assertEquals("1 h 0 min", Durations.text(3599.6));
    assertEquals("2 h 5 min", Durations.text(7530));
  }
}
