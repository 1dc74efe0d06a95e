package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class FolderNamesTest {

  @Test
  void namesAreSafeAndNoneIsThatOfAFolderAbove() {
    assertEquals(
        List.of("größe_写真-1.0", "_", "__", "_.hidden", "ends_", "class"),
        FolderNames.of(List.of("größe 写真-1.0", ".", "..", "..hidden", "ends.", "")));
  }

  @Test
  void namesThatWouldBeTheSameAreNumbered() {
    assertEquals(
        List.of("a_b", "a_b_2", "A_b_3", "a_b_4", "a_b_2_2"),
        FolderNames.of(List.of("a b", "a/b", "A:b", "a?b", "a_b_2")));
  }

  @Test
  void longNamesAreCutBetweenLetters() {
    String letters = "x".repeat(79);
    String pair = "\ud83d\ude00";
    // Letters are kept, pictures are not.
    String letter = "\ud835\udc00";
    assertEquals(
        List.of(letters + "_", letters, letters + "y"),
        FolderNames.of(List.of(letters + pair, letters + letter, letters + "yyy")));
  }
}
