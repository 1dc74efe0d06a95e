package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValidationSplitTest {

  /** The classes take turns. */
  private static List<ImageRecord> images(int... sizes) {
    List<ImageRecord> images = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      for (int c = 0; c < sizes.length; c++) {
        if (i < sizes[c]) {
          images.add(new ImageRecord(c + "/" + i, c));
        }
      }
    }
    return images;
  }

  private static long held(int size, double share) {
    ValidationSplit split = ValidationSplit.of(images(size), 1, share, 1);
    assertEquals(size, split.training().size() + split.validation().size());
    return split.validation().size();
  }

  @Test
  void theShareIsRoundedAndNeverNothingNorAll() {
    assertEquals(0, held(10, 0));
    assertEquals(2, held(16, 0.1));
    assertEquals(1, held(14, 0.1));
    assertEquals(1, held(2, 0.1));
    assertEquals(1, held(2, 0.9));
    assertEquals(0, held(1, 0.9));
  }

  @Test
  void everyClassHasADrawOfItsOwnBySeedAndTheOrderStays() {
    List<ImageRecord> images = images(40, 40);
    ValidationSplit split = ValidationSplit.of(images, 2, 0.25, 1);
    List<List<String>> held = new ArrayList<>(List.of(new ArrayList<>(), new ArrayList<>()));
    for (ImageRecord image : split.validation()) {
      held.get(image.classIndex()).add(image.id().substring(2));
    }
    assertEquals(10, held.get(0).size());
    assertEquals(10, held.get(1).size());
    assertNotEquals(held.get(0), held.get(1));
    List<ImageRecord> rest = new ArrayList<>(images);
    rest.removeAll(split.validation());
    assertEquals(rest, split.training());
    assertEquals(split, ValidationSplit.of(images, 2, 0.25, 1));
    assertNotEquals(split, ValidationSplit.of(images, 2, 0.25, 2));
  }
}
