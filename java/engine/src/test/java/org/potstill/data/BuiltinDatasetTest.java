package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;

class BuiltinDatasetTest {

  private static final String SOURCE = "builtin:fashion-mnist-mini";

  private static int[] perClass(List<ImageRecord> images) {
    int[] counts = new int[10];
    images.forEach(image -> counts[image.classIndex()]++);
    return counts;
  }

  private static void assertEach(int expected, List<ImageRecord> images) {
    for (int count : perClass(images)) {
      assertEquals(expected, count);
    }
  }

  @Test
  void everyClassHasTheSameNumberOfImages() {
    try (Dataset dataset = Datasets.open(DataConfigs.of(SOURCE), 0)) {
      assertEquals(10, dataset.classNames().size());
      assertEquals("Ankle boot", dataset.classNames().get(9));
      assertEquals("ankle-boot", dataset.classKeys().get(9));
      assertEach(540, dataset.training());
      assertEach(60, dataset.validation());
      assertEach(100, dataset.test());
      assertEquals(28, dataset.resolution());
      assertEquals(1, dataset.channels());
      assertEquals(List.of(), dataset.warnings());
    }
  }

  @Test
  void splitsShareNoImage() {
    try (Dataset dataset = Datasets.open(DataConfigs.of(SOURCE), 3)) {
      Set<String> ids = new HashSet<>();
      for (List<ImageRecord> images :
          List.of(dataset.training(), dataset.validation(), dataset.test())) {
        images.forEach(image -> assertTrue(ids.add(image.id()), image.id()));
      }
      assertEquals(7000, ids.size());
      assertTrue(ids.contains("train/000000") && ids.contains("test/000999"));
    }
  }

  @Test
  void seedDecidesTheValidationShare() {
    try (Dataset one = Datasets.open(DataConfigs.of(SOURCE), 1);
        Dataset again = Datasets.open(DataConfigs.of(SOURCE), 1);
        Dataset other = Datasets.open(DataConfigs.of(SOURCE), 2)) {
      assertEquals(one.validation(), again.validation());
      assertEquals(one.fingerprint(), again.fingerprint());
      assertNotEquals(one.validation(), other.validation());
      assertNotEquals(one.fingerprint(), other.fingerprint());
    }
  }

  @Test
  void normalisedTrainingImagesHaveMeanZeroAndDeviationOne() throws BadImageException {
    try (Dataset dataset = Datasets.open(DataConfigs.withShare(DataConfigs.of(SOURCE), 0), 0)) {
      Normalisation normalisation = dataset.normalisation();
      double sum = 0;
      double squares = 0;
      for (ImageRecord image : dataset.training()) {
        for (byte pixel : dataset.read(image).pixels()) {
          double value =
              (Byte.toUnsignedInt(pixel) / 255.0 - normalisation.mean().get(0))
                  / normalisation.std().get(0);
          sum += value;
          squares += value * value;
        }
      }
      long pixels = 6000L * 28 * 28;
      assertEquals(0, sum / pixels, 1e-5);
      assertEquals(1, squares / pixels, 1e-5);
      // Known of the whole of Fashion-MNIST: mean 0.2860, deviation 0.3530.
      assertEquals(0.286, normalisation.mean().get(0), 0.005);
      assertEquals(0.353, normalisation.std().get(0), 0.005);
    }
  }

  @Test
  void configuredNormalisationWins() {
    List<Double> mean = List.of(0.5);
    List<Double> std = List.of(0.25);
    try (Dataset dataset =
        Datasets.open(DataConfigs.withNormalisation(DataConfigs.of(SOURCE), mean, std), 0)) {
      assertEquals(new Normalisation(mean, std), dataset.normalisation());
    }
  }

  @Test
  void normalisationOfOtherChannelsIsRefused() {
    List<Double> three = List.of(0.5, 0.5, 0.5);
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Datasets.open(
                    DataConfigs.withNormalisation(DataConfigs.of(SOURCE), three, three), 0));
    assertTrue(error.getMessage().startsWith("data.mean has 3 values"), error.getMessage());
  }

  @Test
  void classesAreChosenByKeyOrName() throws BadImageException {
    try (Dataset all = Datasets.open(DataConfigs.of(SOURCE), 0);
        Dataset two = Datasets.open(DataConfigs.of(SOURCE, "sneaker", "T-shirt/top"), 0)) {
      assertEquals(List.of("Sneaker", "T-shirt/top"), two.classNames());
      assertEquals(1080, two.training().size());
      ImageRecord first = two.test().get(0);
      ImageRecord same =
          all.test().stream().filter(image -> image.id().equals(first.id())).findFirst().get();
      assertEquals(
          two.classNames().get(first.classIndex()), all.classNames().get(same.classIndex()));
      assertEquals(28 * 28, two.read(first).pixels().length);
    }
  }

  @Test
  void unknownClassIsRefusedWithTheNearest() {
    InputException error =
        assertThrows(
            InputException.class, () -> Datasets.open(DataConfigs.of(SOURCE, "Bag", "Sandel"), 0));
    assertTrue(error.getMessage().contains("did you mean \"Sandal\"?"), error.getMessage());
  }

  @Test
  void unknownSourceIsRefusedWithTheNearest() {
    InputException error =
        assertThrows(InputException.class, () -> Datasets.open(DataConfigs.of("foldr:/tmp"), 0));
    assertTrue(error.getMessage().contains("did you mean \"folder\"?"), error.getMessage());
  }
}
