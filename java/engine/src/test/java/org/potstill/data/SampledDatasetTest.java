package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class SampledDatasetTest {

  private static List<String> ids(List<ImageRecord> images) {
    return images.stream().map(ImageRecord::id).toList();
  }

  @Test
  void takesTheFirstImagesOfEveryClassAndNoMoreThanThereAre() {
    PatternDataset whole = new PatternDataset(8, 1, 4, "a", "b");
    SampledDataset sample = SampledDataset.of(whole, new int[] {2, 9}, 1, image -> true);
    assertEquals(
        List.of(
            "train/a/0.png",
            "train/a/1.png",
            "train/b/0.png",
            "train/b/1.png",
            "train/b/2.png",
            "train/b/3.png"),
        ids(sample.training()));
    assertEquals(List.of("val/a/5.png", "val/b/5.png"), ids(sample.test()));
    assertEquals(List.of(), sample.validation());
    assertEquals(whole.classKeys(), sample.classKeys());
    assertEquals(whole.normalisation(), sample.normalisation());
    assertEquals(whole.trainingFingerprint(), sample.trainingFingerprint());
  }

  @Test
  void takesNoneThatIsNotWanted() {
    PatternDataset whole = new PatternDataset(8, 1, 3, "a");
    int[] two = {2};
    assertEquals(
        List.of("train/a/1.png", "train/a/2.png"),
        ids(SampledDataset.of(whole, two, 1, image -> !image.id().endsWith("/0.png")).training()));
  }
}
