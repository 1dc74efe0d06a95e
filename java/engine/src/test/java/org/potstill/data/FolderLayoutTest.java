package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.DataConfig;
import org.potstill.errors.InputException;

/** Folders that do not come in two parts, and those whose second part is called test. */
class FolderLayoutTest {

  private static final byte[] IMAGE = TestImages.encode(".png", 16, 16);

  @TempDir Path root;

  private void put(String... ids) {
    for (String id : ids) {
      TestImages.write(root.resolve(id), IMAGE);
    }
  }

  private DataConfig config(double testShare) {
    DataConfig config = DataConfigs.withResolution(DataConfigs.of("folder:" + root), 16);
    return DataConfigs.withTestShare(DataConfigs.withShare(config, 0), testShare);
  }

  private static List<String> ids(List<ImageRecord> images) {
    return images.stream().map(ImageRecord::id).toList();
  }

  @Test
  void classFoldersAlone() throws BadImageException {
    put("bus/0.png", "bus/1.png", "car/0.png", "stray.png", ".hidden/0.png");
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("bus", "car"), dataset.classNames());
      assertEquals(List.of("bus/0.png", "bus/1.png", "car/0.png"), ids(dataset.training()));
      assertEquals(List.of(), dataset.test());
      assertEquals(
          List.of("there are no test images, on which accuracy is measured"), dataset.warnings());
      assertEquals(16, dataset.read(dataset.training().get(2)).width());
    }
  }

  @Test
  void classMayBeCalledTrain() {
    put("bus/0.png", "train/0.png");
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("bus", "train"), dataset.classNames());
      assertEquals(List.of("bus/0.png", "train/0.png"), ids(dataset.training()));
    }
  }

  @Test
  void testImagesMayLieInTestWhereThereIsNoVal() {
    put("train/bus/0.png", "train/car/0.png", "test/bus/1.png", "test/tram/1.png");
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("test/bus/1.png"), ids(dataset.test()));
      assertEquals(
          List.of(
              "test/tram has no folder train/tram: left out",
              "no test images of car: accuracy leaves them out"),
          dataset.warnings());
    }
    put("val/bus/2.png", "val/car/2.png");
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("val/bus/2.png", "val/car/2.png"), ids(dataset.test()));
    }
  }

  @Test
  void shareToTestOnIsTheSameWithEverySeedAndTakenOffFirst() {
    for (int i = 0; i < 20; i++) {
      put("train/bus/" + i + ".png", "train/car/" + i + ".png");
    }
    DataConfig config = DataConfigs.withShare(config(0.25), 0.2);
    List<String> tests;
    try (Dataset dataset = Datasets.open(config, 0)) {
      tests = ids(dataset.test());
      assertEquals(10, tests.size());
      assertEquals(5, tests.stream().filter(id -> id.startsWith("train/bus/")).count());
      assertEquals(6, dataset.validation().size());
      assertEquals(24, dataset.training().size());
      List<String> all = new ArrayList<>(tests);
      all.addAll(ids(dataset.validation()));
      all.addAll(ids(dataset.training()));
      assertEquals(40, all.stream().distinct().count());
      assertEquals(List.of(), dataset.warnings());
    }
    try (Dataset dataset = Datasets.open(config, 1)) {
      assertEquals(tests, ids(dataset.test()));
    }
  }

  @Test
  void shareToTestOnIsPartOfWhatTheImagesAreKnownBy() {
    put("bus/0.png", "bus/1.png", "bus/2.png", "car/0.png", "car/1.png", "car/2.png");
    try (Dataset without = Datasets.open(config(0), 0);
        Dataset third = Datasets.open(config(0.34), 0);
        Dataset half = Datasets.open(config(0.5), 0)) {
      assertNotEquals(without.trainingFingerprint(), third.trainingFingerprint());
      assertNotEquals(half.trainingFingerprint(), third.trainingFingerprint());
      assertNotEquals(half.fingerprint(), third.fingerprint());
    }
  }

  @Test
  void shareToTestOnIsRefusedWhereThereAreTestImages() {
    put("train/bus/0.png", "train/car/0.png", "val/car/1.png");
    DataConfig config = config(0.2);
    InputException error = assertThrows(InputException.class, () -> Datasets.open(config, 0));
    assertEquals(
        "data.test-share: 0.2 is for folders without test images, but folder:"
            + root
            + " has some, for example val/car/1.png; set data.test-share to 0",
        error.getMessage());
  }
}
