package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

/** A stranger's distilled file that does not fit is refused by name, before anything is trained. */
class BadDistilledFileTest {

  private static final int SIDE = 8;
  private static final List<String> CLASSES = List.of("a", "b", "c");

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** What is said of a file with one image of {@code side} pixels. */
  private String refusal(int side, float pixel, long label, List<String> classes) {
    Path file = folder.resolve("set.safetensors");
    float[] pixels = new float[side * side];
    pixels[3] = pixel;
    DistilledSet.Description description =
        new DistilledSet.Description(
            new Normalisation(List.of(0.5), List.of(0.5)),
            classes,
            classes,
            "",
            "",
            "",
            "",
            OptionalDouble.empty());
    try (PointerScope scope = new PointerScope();
        DistilledSet set =
            DistilledSet.of(
                Tensors.of(pixels, 1, 1, side, side),
                Tensors.of(new long[] {label}, 1),
                description)) {
      set.write(file);
    }
    DistilledImages images =
        new DistilledImages(file, new PatternDataset(SIDE, 1, 4, CLASSES.toArray(String[]::new)));
    InputException error = assertThrows(InputException.class, () -> images.load(0).close());
    assertTrue(error.getMessage().contains(file.toString()), error.getMessage());
    return error.getMessage();
  }

  @Test
  void pixelThatIsNotFinite() {
    String message = refusal(SIDE, Float.NaN, 0, CLASSES);
    assertTrue(message.contains("not finite"), message);
    message = refusal(SIDE, Float.NEGATIVE_INFINITY, 0, CLASSES);
    assertTrue(message.contains("not finite"), message);
  }

  @Test
  void labelWithoutAClass() {
    String message = refusal(SIDE, 0, 3, CLASSES);
    assertTrue(message.contains("label 3 is out of range; there are 3 classes"), message);
  }

  /** Of a file without class names the data set says how many there are. */
  @Test
  void labelBeyondTheClassesOfTheData() {
    String message = refusal(SIDE, 0, 3, List.of());
    assertTrue(message.contains("'3', which is not among the 3 classes"), message);
  }

  @Test
  void anotherResolution() {
    String message = refusal(SIDE + 1, 0, 0, CLASSES);
    assertTrue(message.contains("1 channels and 9 x 9 pixels"), message);
    assertTrue(message.contains("set data.resolution"), message);
  }
}
