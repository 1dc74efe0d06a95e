package org.potstill.errors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
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

  @Test
  void ofManySentencesTheFirstAreTold() {
    List<String> five = List.of("a", "b", "c", "d", "e");
    assertEquals(five, Listed.few(five));
    assertEquals(
        List.of("a", "b", "c", "d", "e", "and 1 more like this"),
        Listed.few(List.of("a", "b", "c", "d", "e", "f")));
    assertEquals("and 995 more like these", Listed.few(Collections.nCopies(1000, "a")).get(5));
  }
}
