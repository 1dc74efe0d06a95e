package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.data.Normalisation;
import org.potstill.errors.InputException;
import org.potstill.run.FolderNames;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

class DistilledSetTest {

  private static final DistilledSet.Description DESCRIPTION =
      new DistilledSet.Description(
          new Normalisation(List.of(0.5, 0.4, 0.3), List.of(0.1, 0.2, 0.3)),
          List.of("tench", "é, \"quoted\""),
          List.of("n01", "n02"),
          "mtt",
          "pixel",
          "7",
          "abc",
          OptionalDouble.of(0.015));

  @TempDir private Path folder;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private Path write(float[] pixels, long[] labels) {
    Path file = folder.resolve("set.safetensors");
    try (PointerScope scope = new PointerScope();
        DistilledSet set =
            DistilledSet.of(
                Tensors.of(pixels, pixels.length / 6, 3, 2, 1),
                Tensors.of(labels, labels.length),
                DESCRIPTION)) {
      set.write(file);
    }
    return file;
  }

  @Test
  void setSurvivesTheRoundTrip() {
    float[] pixels = {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6};
    try (DistilledSet set = DistilledSet.read(write(pixels, new long[] {0, 1}));
        PointerScope scope = new PointerScope()) {
      assertArrayEquals(pixels, Tensors.toFloats(set.images()));
      assertArrayEquals(new int[] {0, 1}, set.labelValues());
      assertEquals(DESCRIPTION, set.description());
    }
  }

  @Test
  void valueThatIsNotFiniteIsRefused() {
    Path file = write(new float[] {1, 2, 3, Float.NaN, 5, 6}, new long[] {0});
    assertTrue(refusal(file).contains("not finite"));
  }

  @Test
  void labelOutOfRangeIsRefused() {
    Path file = write(new float[6], new long[] {2});
    assertTrue(refusal(file).contains("label 2"));
  }

  @Test
  void labelBeyondAnyClassIsRefused() {
    Path file = write(new float[6], new long[] {1L << 40});
    assertTrue(refusal(file).contains("label 1099511627776 is out of range"));
    Path negative = write(new float[6], new long[] {-1});
    assertTrue(refusal(negative).contains("label -1 is out of range"));
  }

  @Test
  void fileThatIsCutShortIsNamed() throws IOException {
    Path file = write(new float[6], new long[] {1});
    try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(cut.length() - 4);
    }
    assertTrue(refusal(file).contains("set.safetensors"));
  }

  @Test
  void learnedRateThatIsNoneIsRefused() {
    Map<String, String> metadata = Map.of("learning_rate", "fast");
    String message =
        assertThrows(
                InputException.class,
                () -> DistilledSet.description(Path.of("set.safetensors"), metadata, 1))
            .getMessage();
    assertTrue(message.contains("set.safetensors: 'learning_rate'"), message);
    assertTrue(message.contains("'fast'"), message);
  }

  @Test
  void metadataThatCannotBeAreRefused() {
    assertTrue(
        refusal(Map.of("std", "[0.0]")).contains("'std' of its metadata is [0.0], not above 0"));
    assertTrue(
        refusal(Map.of("class_keys", "[\"c\", \"b\", \"c\"]")).contains("has a class twice"));
    assertTrue(
        refusal(Map.of("mean", "0.5", "std", "[1]"))
            .contains("'mean' of its metadata is not a JSON list such as [0.485,"));
  }

  @Test
  void aMeanWithoutItsDeviationIsRefused() {
    assertTrue(refusal(Map.of("mean", "[0.5]")).contains("has 'mean' alone of 'mean' and 'std'"));
    assertTrue(refusal(Map.of("std", "[0.5]")).contains("has 'std' alone of 'mean' and 'std'"));
  }

  @Test
  void listsThatAreTooShortOrHaveGapsAreRefused() throws IOException {
    assertTrue(refusal(Map.of("class_keys", "[\"a\", null]")).contains("an empty place"));
    assertTrue(refusal(Map.of("mean", "null")).contains("an empty place"));
    Path file = folder.resolve("few.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = new NamedTensors()) {
      tensors.put("images", Tensors.of(new float[3], 1, 3, 1, 1));
      tensors.put("labels", Tensors.of(new long[] {1}, 1));
      Safetensors.write(file, tensors, Map.of("class_keys", "[\"emu\"]"));
      assertTrue(refusal(file).contains("label 1 is out of range"), refusal(file));
      tensors.put("labels", Tensors.of(new long[] {1L << 40}, 1));
      Safetensors.write(file, tensors, Map.of());
      assertTrue(refusal(file).contains("is out of range"), refusal(file));
    }
  }

  /** Cut to whole numbers they would be those of other classes. */
  @Test
  void labelsThatAreNoWholeNumbersAreRefused() throws IOException {
    Path file = folder.resolve("soft.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = new NamedTensors()) {
      tensors.put("images", Tensors.of(new float[2], 2, 1, 1, 1));
      tensors.put("labels", Tensors.of(new float[] {0, 1.5f}, 2));
      Safetensors.write(file, tensors, Map.of());
      assertTrue(refusal(file).contains("'labels' are not all whole numbers"), refusal(file));
      tensors.put("labels", Tensors.of(new float[] {0, 1}, 2));
      Safetensors.write(file, tensors, Map.of());
      DistilledSet.read(file).close();
    }
  }

  private static String refusal(Map<String, String> metadata) {
    return assertThrows(
            InputException.class,
            () -> DistilledSet.description(Path.of("set.safetensors"), metadata, 1))
        .getMessage();
  }

  @Test
  void pixelsOfBytesAreRefusedWhereNothingSaysWhatTheyAre() throws IOException {
    Path file = folder.resolve("bytes.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors tensors = new NamedTensors()) {
      tensors.put("images", Tensors.of(new float[] {0, 255, 7}, 1, 3, 1, 1));
      tensors.put("labels", Tensors.of(new long[] {0}, 1));
      Safetensors.write(file, tensors, Map.of());
      assertTrue(refusal(file).contains("pixels reach 255.0"), refusal(file));
      Safetensors.write(file, tensors, Map.of("mean", "[0, 0, 0]", "std", "[1, 1, 1]"));
      DistilledSet.read(file).close();
    }
  }

  @Test
  void labelsThatDoNotFitTheImagesAreRefused() {
    Path file = write(new float[12], new long[] {0});
    assertTrue(refusal(file).contains("[1]"));
  }

  private static String refusal(Path file) {
    return assertThrows(InputException.class, () -> DistilledSet.read(file)).getMessage();
  }

  @Test
  void picturesHoldTheDenormalisedPixels() throws IOException {
    float[] pixels = {0, 1, 0, 1, 0, 100};
    try (DistilledSet set = DistilledSet.read(write(pixels, new long[] {1}))) {
      ImageFolder.write(set, folder.resolve("images"));
    }
    BufferedImage picture = ImageIO.read(folder.resolve("images/n02/00.png").toFile());
    assertEquals(0xFF000000 | (128 << 16) | (102 << 8) | 77, picture.getRGB(0, 0));
    assertEquals(0xFF000000 | (153 << 16) | (153 << 8) | 255, picture.getRGB(0, 1));
  }

  @Test
  void folderNamesAreSafeAndDiffer() {
    assertEquals(
        List.of("a_b", "A_b_2", "__", "class", "été 1".replace(' ', '_'), "_hidden"),
        FolderNames.of(List.of("a/b", "A b", "..", "", "été 1", ".hidden")));
  }
}
