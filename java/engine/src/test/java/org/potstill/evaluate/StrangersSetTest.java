package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.potstill.evaluate.EvaluationRuns.SETTINGS;
import static org.potstill.evaluate.EvaluationRuns.SIDE;
import static org.potstill.evaluate.EvaluationRuns.data;
import static org.potstill.evaluate.EvaluationRuns.pixels;
import static org.potstill.evaluate.EvaluationRuns.set;
import static org.potstill.evaluate.EvaluationRuns.with;
import static org.potstill.evaluate.EvaluationRuns.write;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.ConfigLoader;
import org.potstill.config.DataConfig;
import org.potstill.data.Dataset;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.ImageFolder;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

class StrangersSetTest {

  @TempDir Path folder;
  private EvaluationRuns runs;

  @BeforeEach
  void setUp() {
    LibTorch.load();
    runs = new EvaluationRuns(folder);
  }

  @Test
  void strangersSetIsBroughtToTheTermsOfTheData() {
    PatternDataset data = data();
    Path file = folder.resolve("stranger.safetensors");
    Normalisation other = new Normalisation(List.of(0.1), List.of(0.7));
    try (DistilledSet set = set(data, true, other, List.of("c", "a", "b"))) {
      set.write(file);
    }
    try (LabelledImages images = new DistilledImages(file, data).load(0)) {
      long[] labels = Tensors.toLongs(images.labels());
      assertEquals(List.of(2L, 2L, 0L, 0L, 1L, 1L), Arrays.stream(labels).boxed().toList());
      float[] expected = pixels(data, data.training().get(0), data.normalisation());
      try (PointerScope scope = new PointerScope()) {
        float[] found = Tensors.toFloats(images.images().select(0, 2));
        for (int i = 0; i < found.length; i++) {
          assertEquals(expected[i], found[i], 1e-5f);
        }
      }
    }
  }

  @Test
  void folderOfPicturesIsAStrangersSetToo() {
    PatternDataset data = data();
    Path pictures = folder.resolve("pictures");
    try (DistilledSet set = set(data, true, data.normalisation(), data.classKeys())) {
      ImageFolder.write(set, pictures);
    }
    Evaluation evaluation = runs.evaluate("run", data, pictures, SETTINGS);
    assertTrue(evaluation.distilled().networks().get("convnet").mean() > 0.8);
    assertEquals(6, evaluation.protocol().get("images-count"));
    String message =
        assertThrows(
                InputException.class,
                () ->
                    runs.evaluate(
                        "other", new PatternDataset(SIDE, 1, 4, "a", "b", "x"), pictures, SETTINGS))
            .getMessage();
    assertTrue(message.contains("none of the classes"), message);
  }

  /** What Potstill writes for these two classes: a_b for "a b", a_b_2 for "a_b". */
  @Test
  void foldersOfKeysThatLookAlikeAreTakenBack() {
    PatternDataset data = new PatternDataset(SIDE, 1, 4, "a b", "a_b");
    Path pictures = folder.resolve("pictures");
    try (DistilledSet set = set(data, true, data.normalisation(), data.classKeys())) {
      ImageFolder.write(set, pictures);
    }
    assertTrue(Files.exists(pictures.resolve("a_b_2")));
    assertEquals(List.of(0L, 0L, 1L, 1L), labels(pictures, data));
  }

  @Test
  void foldersNamedInTwoWaysAreRefused() throws IOException {
    PatternDataset data = new PatternDataset(SIDE, 1, 4, "a b", "a_b");
    Path pictures = folder.resolve("pictures");
    Files.createDirectories(pictures.resolve("a b"));
    Files.createDirectories(pictures.resolve("a_b_2"));
    InputException error = assertThrows(InputException.class, () -> labels(pictures, data));
    assertTrue(error.getMessage().contains("name all of them in one way"), error.getMessage());
  }

  /** As in the folders of a data set. */
  @Test
  void whatAFileManagerLeavesBehindIsPassedOver() throws IOException {
    PatternDataset data = new PatternDataset(SIDE, 1, 4, "a", "b");
    Path pictures = folder.resolve("pictures");
    try (DistilledSet set = set(data, true, data.normalisation(), data.classKeys())) {
      ImageFolder.write(set, pictures);
    }
    Files.move(pictures.resolve("b/00.png"), pictures.resolve("b/00.JFIF"));
    Files.writeString(pictures.resolve("a/._00.png"), "a resource fork");
    Files.writeString(pictures.resolve("a/Thumbs.db"), "thumbnails");
    Files.createDirectories(pictures.resolve(".thumbnails"));
    Files.writeString(pictures.resolve("readme.txt"), "no folder");
    assertEquals(List.of(0L, 0L, 1L, 1L), labels(pictures, data));
  }

  private static List<Long> labels(Path pictures, Dataset data) {
    DataConfig config = ConfigLoader.of("data.source=idx:none").data();
    try (LabelledImages images = new DistilledFolder(pictures, config, data).load(0)) {
      return Arrays.stream(Tensors.toLongs(images.labels())).boxed().toList();
    }
  }

  @Test
  void setsThatAreOddAreRemarkedOn() throws IOException {
    PatternDataset data = data();
    Path file = folder.resolve("set.safetensors");
    assertEquals(List.of(), remarks(file, data, data.normalisation(), data.classKeys()));
    Normalisation plain = new Normalisation(List.of(0.0), List.of(1.0));
    assertEquals(List.of(), remarks(file, data, plain, data.classKeys()));

    List<String> missing = remarks(file, data, plain, List.of("b"));
    assertEquals(1, missing.size());
    assertTrue(
        missing.get(0).contains("holds no image of 2 of the 3 classes (name of a, name of c)"),
        missing.get(0));

    Normalisation normal = new Normalisation(List.of(0.5), List.of(0.2));
    try (DistilledSet set = set(data, true, normal, data.classKeys());
        NamedTensors tensors = new NamedTensors()) {
      tensors.put("images", set.images());
      tensors.put("labels", set.labels());
      Safetensors.write(file, tensors, Map.of("mean", "[0]", "std", "[1]"));
      assertEquals(List.of(), SetRemarks.of(file, new DistilledImages(file, data), data));
      Safetensors.write(file, tensors, Map.of());
    }
    List<String> normalised = SetRemarks.of(file, new DistilledImages(file, data), data);
    assertEquals(1, normalised.size());
    assertTrue(normalised.get(0).contains("pixels go from -2.5"), normalised.get(0));
  }

  private static List<String> remarks(
      Path file, Dataset data, Normalisation normalisation, List<String> keys) {
    try (DistilledSet set = set(data, true, normalisation, keys)) {
      set.write(file);
    }
    return SetRemarks.of(file, new DistilledImages(file, data), data);
  }

  @Test
  void setsThatDoNotFitAreErrors() {
    Path file = folder.resolve("set.safetensors");
    write(data(), true, file);
    PatternDataset larger = new PatternDataset(12, 1, 4, "a", "b", "c");
    assertTrue(fault(file, larger).contains("data.resolution"));
    PatternDataset colour = new PatternDataset(SIDE, 3, 4, "a", "b", "c");
    String channels = fault(file, colour);
    assertTrue(channels.contains("1 channels"), channels);
    assertFalse(channels.contains("set data.resolution"), channels);
    PatternDataset others = new PatternDataset(SIDE, 1, 4, "a", "b", "x");
    assertTrue(fault(file, others).contains("class 'c'"));
    assertTrue(fault(folder.resolve("none.safetensors"), data()).contains("no such file"));
  }

  private String fault(Path file, Dataset data) {
    return assertThrows(
            InputException.class,
            () -> runs.evaluate("faulty", data, file, with("evaluate.epochs=1")))
        .getMessage();
  }
}
