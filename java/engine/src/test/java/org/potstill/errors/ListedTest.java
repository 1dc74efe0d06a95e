package org.potstill.errors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ListedTest {

  @Test
  void manyNamesAreCounted() {
    assertEquals("", Listed.some(List.of()));
    assertEquals("a, b, c, d, e", Listed.some(List.of("a", "b", "c", "d", "e")));
    assertEquals(
        "a, b, c, d, e and 2 more", Listed.some(List.of("a", "b", "c", "d", "e", "f", "g")));
  }
}
