package org.potstill.experts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ExpertTimingTest {

  @Test
  void stepIsOfFewerImagesWhereTheyAreLarge() {
    assertEquals(64, ExpertTiming.images(256, 3, 128));
    assertEquals(64, ExpertTiming.images(256, 3, 256));
    assertEquals(10, ExpertTiming.images(10, 1, 28));
    assertEquals(5, ExpertTiming.images(256, 3, 1024));
    assertEquals(1, ExpertTiming.images(256, 3, 4096));
  }
}
