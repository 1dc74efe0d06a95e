package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestSplitTest {

  private static List<ImageRecord> images(int... sizes) {
    List<ImageRecord> images = new ArrayList<>();
    for (int c = 0; c < sizes.length; c++) {
      for (int i = 0; i < sizes[c]; i++) {
        images.add(new ImageRecord(c + "/" + i + ".png", c));
      }
    }
    return images;
  }

  private static int tested(int size, double share) {
    TestSplit split = TestSplit.of(images(size), 1, share);
    assertEquals(size, split.training().size() + split.test().size());
    return split.test().size();
  }

  @Test
  void theShareIsRoundedAndNeverNothingNorAll() {
    assertEquals(0, tested(10, 0));
    assertEquals(2, tested(16, 0.1));
    assertEquals(1, tested(2, 0.1));
    assertEquals(1, tested(2, 0.9));
    assertEquals(0, tested(1, 0.9));
  }

  /**
   * Of the SHA-256 of the ids, those of 0/6.png (196e7c90...) and 0/2.png (29bbf118...) are the
   * lowest.
   */
  @Test
  void drawnByTheHashOfTheIdInTheOrderOfTheSource() {
    List<ImageRecord> images = images(10);
    TestSplit split = TestSplit.of(images, 1, 0.2);
    assertEquals(
        List.of("0/2.png", "0/6.png"), split.test().stream().map(ImageRecord::id).toList());
    List<ImageRecord> rest = new ArrayList<>(images);
    rest.removeAll(split.test());
    assertEquals(rest, split.training());
  }

  @Test
  void oneMoreImageChangesAtMostOneOfTheOthers() {
    List<ImageRecord> before = TestSplit.of(images(100), 1, 0.2).test();
    List<ImageRecord> after = TestSplit.of(images(101), 1, 0.2).test();
    assertTrue(before.stream().filter(image -> !after.contains(image)).count() <= 1);
  }

  @Test
  void everyClassHasItsShare() {
    TestSplit split = TestSplit.of(images(50, 10), 2, 0.2);
    int[] counts =
        IntStream.range(0, 2)
            .map(c -> (int) split.test().stream().filter(i -> i.classIndex() == c).count())
            .toArray();
    assertEquals(10, counts[0]);
    assertEquals(2, counts[1]);
  }
}
