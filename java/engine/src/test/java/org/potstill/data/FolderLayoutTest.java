package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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

  /** Also where the class of trains has a folder of something else. */
  @Test
  void classMayBeCalledTrainAndHaveNestedFolders() throws IOException {
    put("bus/0.png", "train/0.png");
    Files.writeString(Files.createDirectories(root.resolve("train/@eaDir")).resolve("0"), "");
    Path nowhere = root.resolve("train/1.png");
    Files.createSymbolicLink(nowhere, root.resolve("nowhere.png"));
    try (Dataset dataset = Datasets.open(config(0.5), 0)) {
      assertEquals(List.of("bus", "train"), dataset.classNames());
      assertEquals(
          List.of(
              "train: nested folders ignored (1)",
              "no test images of bus: accuracy leaves them out"),
          dataset.warnings());
    }
  }

  @Test
  void imagesInTrainWithoutClassesAreNoClassBesideTests() {
    put("train/0.png", "train/1.png", "test/2.png");
    InputException error = assertThrows(InputException.class, () -> Datasets.open(config(0.5), 0));
    assertEquals(
        root.resolve("train")
            + " holds images, but no folder per class: data.source folder: looks for them in"
            + " train/CLASS/",
        error.getMessage());
  }

  @Test
  void foldersWithoutImagesBesideClassesAreLeftOut() throws IOException {
    put("bus/0.png", "car/0.png", "runs/one/distilled/images/bus/00.png");
    Files.createDirectories(root.resolve("docs"));
    Files.createSymbolicLink(root.resolve("broken"), root.resolve("nowhere"));
    Files.createSymbolicLink(root.resolve("whole.png"), root.resolve("bus/0.png"));
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("bus", "car"), dataset.classNames());
      assertEquals(
          List.of(
              "folders that hold no images are left out: docs, runs",
              "broken is a link that leads nowhere: left out",
              "there are no test images, on which accuracy is measured"),
          dataset.warnings());
    }
  }

  @Test
  void testImagesMayLieBesideClassFolders() {
    put("bus/0.png", "car/0.png", "val/bus/1.png", "val/car/1.png", "val/tram/1.png");
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("bus/0.png", "car/0.png"), ids(dataset.training()));
      assertEquals(List.of("val/bus/1.png", "val/car/1.png"), ids(dataset.test()));
      assertEquals(List.of("val/tram has no folder tram: left out"), dataset.warnings());
    }
  }

  @Test
  void foldersThatCannotBeReadAreNamed() throws IOException {
    put("bus/0.png", "car/0.png");
    Path bus = root.resolve("bus");
    Files.setPosixFilePermissions(bus, Set.of());
    try {
      assumeFalse(Files.isReadable(bus), "root may read everything");
      InputException error = assertThrows(InputException.class, () -> Datasets.open(config(0), 0));
      assertEquals(bus + " cannot be listed: permission denied", error.getMessage());
    } finally {
      Files.setPosixFilePermissions(bus, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void classMayBeCalledTest() throws IOException {
    put("bus/0.png", "test/0.png");
    Files.createSymbolicLink(root.resolve("test/1.png"), root.resolve("nowhere.png"));
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("bus/0.png", "test/0.png", "test/1.png"), ids(dataset.training()));
      assertEquals(
          List.of("there are no test images, on which accuracy is measured"), dataset.warnings());
    }
  }

  @Test
  void emptyValDoesNotHideTest() throws IOException {
    put("train/bus/0.png", "train/car/0.png", "test/bus/1.png", "test/car/1.png");
    Files.createDirectories(root.resolve("val"));
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of("test/bus/1.png", "test/car/1.png"), ids(dataset.test()));
    }
  }

  /** As other programs call the parts, or as competitions give out tests. */
  @Test
  void partsThatAreNotReadAreToldOf() {
    put("train/bus/0.png", "train/car/0.png", "validation/bus/1.png", "test/2.png", "runs/one/a");
    try (Dataset dataset = Datasets.open(config(0), 0)) {
      assertEquals(List.of(), dataset.test());
      assertEquals(
          List.of(
              "not read, beside train: test, validation; test images are looked for in val/CLASS/"
                  + " or test/CLASS/",
              "there are no test images, on which accuracy is measured"),
          dataset.warnings());
    }
  }

  @Test
  void imagesBelowAClassFolderAreNamedWhereItHasNoOthers() {
    put("train/bus/images/0.png", "train/car/0.png", "val/bus/1.png", "val/car/1.png");
    InputException error = assertThrows(InputException.class, () -> Datasets.open(config(0), 0));
    assertEquals(
        "train/bus holds no images itself, but its folder images does; data.source folder: reads"
            + " the files directly in a class folder: move them up",
        error.getMessage());
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
