package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryChunksTest {

  private static final long GIGABYTE = 1L << 30;

  @ParameterizedTest
  @CsvSource({
    "10, 1, 20, 10",
    "10, 1, 19, 9",
    "10, 3, 16, 2",
    "1, 1, 16, 1",
    "10, 100, 16, 1",
    "10, 0, 16, 10"
  })
  void asManyAsFitHalfOfTheMemoryAndNeverNone(
      int asked, long gigabytes, long memory, int expected) {
    assertEquals(expected, MemoryChunks.images(asked, gigabytes * GIGABYTE, memory * GIGABYTE));
  }
}
