package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.DataConfig;
import org.potstill.errors.InputException;

class FolderSourceTest {

  private static final byte[] IMAGE = TestImages.encode(".png", 20, 16);

  @TempDir Path temporary;
  private Path root;

  @BeforeEach
  void twoClasses() {
    root = temporary.resolve("images");
    for (int i = 0; i < 4; i++) {
      put("train/cat/" + i + ".png");
      put("train/dog/" + i + ".png");
    }
    put("val/cat/a.png");
    put("val/dog/a.png");
  }

  private void put(String id) {
    TestImages.write(root.resolve(id), IMAGE);
  }

  private DataConfig config(String... classes) {
    return DataConfigs.withResolution(DataConfigs.of("folder:" + root, classes), 16);
  }

  private Dataset open(String... classes) {
    return Datasets.open(DataConfigs.withShare(config(classes), 0), 0);
  }

  private String refused(String... classes) {
    InputException error = assertThrows(InputException.class, () -> open(classes));
    return error.getMessage();
  }

  private static List<String> ids(List<ImageRecord> images) {
    return images.stream().map(ImageRecord::id).toList();
  }

  private String badImage(String id) {
    try (Dataset dataset = open()) {
      ImageRecord image =
          dataset.training().stream().filter(i -> i.id().equals(id)).findFirst().orElseThrow();
      BadImageException error = assertThrows(BadImageException.class, () -> dataset.read(image));
      assertEquals(id, error.id());
      return error.getMessage();
    }
  }

  /** Of 20 by 16 pixels: it is the shorter side that gets the resolution. */
  @Test
  void imagesThatAreEnlargedAreToldOf() {
    DataConfig larger = DataConfigs.withShare(DataConfigs.withResolution(config(), 17), 0);
    try (Dataset dataset = Datasets.open(larger, 0)) {
      assertEquals(
          List.of(
              "images are enlarged to 17 pixels, data.resolution: train/cat/0.png has 16;"
                  + " data.resolution: 16 takes such images as they are"),
          dataset.warnings());
    }
    try (Dataset dataset = open()) {
      assertEquals(16, dataset.resolution());
      assertEquals(List.of(), dataset.warnings());
    }
  }

  @Test
  void outputsOfClassesThatAreNotThereAreToldOf() {
    DataConfig config = DataConfigs.withOutputs(config(), Map.of("dog", 207, "dogg", 281));
    try (Dataset dataset = Datasets.open(config, 0)) {
      assertEquals(
          List.of("data.class-index names 'dogg', which is no class here; did you mean \"dog\"?"),
          dataset.warnings());
    }
  }

  @Test
  void idsArePathsBelowTheSourceInOrder() throws BadImageException {
    try (Dataset dataset = open()) {
      assertEquals(List.of("cat", "dog"), dataset.classNames());
      assertEquals("train/cat/0.png", dataset.training().get(0).id());
      assertEquals("train/dog/3.png", dataset.training().get(7).id());
      assertEquals(1, dataset.training().get(7).classIndex());
      assertEquals(List.of("val/cat/a.png", "val/dog/a.png"), ids(dataset.test()));
      assertEquals(20, dataset.read(dataset.test().get(0)).width());
      assertEquals(List.of(), dataset.warnings());
      assertEquals(3, dataset.channels());
      assertEquals(16, dataset.resolution());
    }
  }

  @Test
  void movedDataSetIsTheSame() throws IOException {
    String before;
    try (Dataset dataset = open()) {
      before = dataset.fingerprint();
    }
    Path elsewhere = temporary.resolve("elsewhere");
    Files.move(root, elsewhere);
    root = elsewhere;
    try (Dataset dataset = open()) {
      assertEquals(before, dataset.fingerprint());
    }
    put("train/cat/more.png");
    try (Dataset dataset = open()) {
      assertNotEquals(before, dataset.fingerprint());
    }
  }

  @Test
  void testImagesAreNoPartOfWhatTrainingImagesAreKnownBy() throws IOException {
    String all;
    String training;
    try (Dataset dataset = open()) {
      all = dataset.fingerprint();
      training = dataset.trainingFingerprint();
      assertNotEquals(all, training);
    }
    put("val/cat/more.png");
    try (Dataset dataset = open()) {
      assertNotEquals(all, dataset.fingerprint());
      assertEquals(training, dataset.trainingFingerprint());
    }
    put("train/cat/more.png");
    try (Dataset dataset = open()) {
      assertNotEquals(training, dataset.trainingFingerprint());
    }
  }

  @Test
  void chosenClassesKeepTheOrderAskedFor() {
    put("train/bird/0.png");
    try (Dataset dataset = open("dog", "bird")) {
      assertEquals(List.of("dog", "bird"), dataset.classKeys());
      assertEquals(0, dataset.training().get(0).classIndex());
      assertEquals(5, dataset.training().size());
    }
  }

  @Test
  void unknownClassIsRefusedWithTheNearest() {
    assertTrue(refused("dog", "cats").contains("no class \"cats\"; did you mean \"cat\"?"));
    assertTrue(refused("imagenete").contains("did you mean \"imagenette\"?"));
    assertTrue(refused("dog", "dog").contains("twice"));
  }

  @Test
  void imageNetSubsetIsFoundByItsWnids() {
    for (String wnid : ImageNetClasses.subset("imagenette").orElseThrow()) {
      put("train/" + wnid + "/0.png");
    }
    try (Dataset dataset = open("imagenette")) {
      assertEquals(10, dataset.classKeys().size());
      assertEquals("n01440764", dataset.classKeys().get(0));
      assertEquals("tench", dataset.classNames().get(0));
      assertEquals(Normalisation.IMAGENET, dataset.normalisation());
    }
    assertTrue(refused("imagewoof").contains("imagewoof needs the class n02096294"));
  }

  @Test
  void emptyClassIsRefused() throws IOException {
    Files.createDirectories(root.resolve("train/emu"));
    put("train/emu/.hidden.png");
    assertTrue(refused().contains("class emu has no training images"), refused());
    try (Dataset dataset = open("cat", "dog")) {
      assertEquals(8, dataset.training().size());
    }
  }

  @Test
  void classOfOneImageKeepsItForTraining() {
    put("train/emu/only.png");
    for (double share : new double[] {0, 0.1, 0.5, 0.99}) {
      try (Dataset dataset = Datasets.open(DataConfigs.withShare(config(), share), 0)) {
        assertTrue(ids(dataset.training()).contains("train/emu/only.png"));
        int held = share == 0 ? 0 : Math.max(1, Math.min(3, (int) Math.round(share * 4)));
        assertEquals(2 * held, dataset.validation().size());
        assertEquals(9 - 2 * held, dataset.training().size());
      }
    }
  }

  @Test
  void onlyOneClassIsRefused() {
    assertTrue(refused("cat").contains("two classes or more"), refused("cat"));
  }

  @Test
  void thousandClassesAreListed() {
    for (int c = 0; c < 1000; c++) {
      put("train/" + ImageNetClasses.wnid(c) + "/0.png");
    }
    try (Dataset dataset =
        Datasets.open(DataConfigs.withShare(DataConfigs.of("folder:" + root, everyWnid()), 0), 0)) {
      assertEquals(1000, dataset.classNames().stream().distinct().count());
      assertEquals(999, dataset.training().get(999).classIndex());
    }
  }

  private static String[] everyWnid() {
    String[] wnids = new String[1000];
    for (int c = 0; c < wnids.length; c++) {
      wnids[c] = ImageNetClasses.wnid(c);
    }
    return wnids;
  }

  @Test
  void classesMissingInValAreWarnedOf() throws IOException {
    Files.delete(root.resolve("val/dog/a.png"));
    put("val/emu/a.png");
    try (Dataset dataset = open()) {
      assertEquals(List.of("val/cat/a.png"), ids(dataset.test()));
      assertEquals(
          List.of(
              "val/emu has no folder train/emu: left out",
              "no test images of dog: accuracy leaves them out"),
          dataset.warnings());
    }
  }

  @Test
  void warningsOfManyClassesAreFew() throws IOException {
    for (int c = 10; c < 30; c++) {
      put("train/class" + c + "/a.png");
      Files.writeString(root.resolve("train/class" + c + "/notes.txt"), "");
      put("val/other" + c + "/a.png");
      Files.createSymbolicLink(root.resolve("train/broken" + c), root.resolve("gone"));
    }
    try (Dataset dataset = open()) {
      assertEquals(
          List.of(
              "train/broken14 is a link that leads nowhere: left out",
              "and 15 more like these",
              "val/other14 has no folder train/other14: left out",
              "and 15 more like these",
              "train/class14: *.txt files ignored (1)",
              "and 15 more like these"),
          dataset.warnings().stream()
              .filter(w -> w.matches("and.*|.*\\D14\\b.*left out|train/class14.*"))
              .toList());
      assertEquals(3 * 6 + 1, dataset.warnings().size());
      assertEquals(
          "no test images of class10, class11, class12, class13, class14 and 15 more: accuracy"
              + " leaves them out",
          dataset.warnings().get(18));
    }
  }

  @Test
  void dataSetWithoutValIsOpened() throws IOException {
    for (String id : List.of("val/cat/a.png", "val/dog/a.png", "val/cat", "val/dog", "val")) {
      Files.delete(root.resolve(id));
    }
    try (Dataset dataset = open()) {
      assertEquals(List.of(), dataset.test());
      assertTrue(dataset.warnings().get(0).startsWith("there are no test images"));
    }
  }

  @Test
  void folderWithoutImagesIsRefused() throws IOException {
    root = Files.move(root.resolve("train"), root.resolve("training")).getParent();
    assertEquals(
        root
            + " has no images in train/CLASS/ or CLASS/, where data.source folder: looks for them;"
            + " the folders there are training, val",
        refused());
    root = temporary.resolve("nowhere");
    assertTrue(refused().contains("does not exist"), refused());
  }

  @Test
  void otherFilesArePassedOver() throws IOException {
    put("train/cat/.DS_Store");
    put("train/cat/._0.png");
    put("train/cat/Thumbs.db");
    put("train/cat/notes.txt");
    put("train/cat/more.TXT");
    put("train/cat/README");
    put("train/cat/nested/1.png");
    put("train/stray.png");
    try (Dataset dataset = open()) {
      assertEquals(8, dataset.training().size());
      assertEquals(
          List.of(
              "train/cat: *.txt files ignored (2)",
              "train/cat: files without an extension ignored (1)",
              "train/cat: nested folders ignored (1)"),
          dataset.warnings());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.JPG", "x.jpeg", "x.JPEG", "x.WebP", "x.bmp", "x.y.png"})
  void endingsAreKnownInAnyCase(String name) throws BadImageException {
    put("train/cat/" + name);
    try (Dataset dataset = open()) {
      assertEquals(9, dataset.training().size());
      // What it is, its content tells.
      assertEquals(20, dataset.read(new ImageRecord("train/cat/" + name, 0)).width());
    }
  }

  @Test
  void filesThatAreNoImagesAreBadImages() {
    TestImages.write(root.resolve("train/cat/text.jpg"), "text".getBytes(StandardCharsets.UTF_8));
    TestImages.write(root.resolve("train/cat/empty.jpg"), new byte[0]);
    TestImages.write(root.resolve("train/cat/huge.png"), TestImages.pngHeader(30_000, 30_000));
    assertTrue(badImage("train/cat/text.jpg").contains("not a JPEG, PNG, WebP or BMP"));
    assertEquals("the file is empty", badImage("train/cat/empty.jpg"));
    assertTrue(badImage("train/cat/huge.png").contains("more than data.max-pixels"));
  }

  @Test
  void linksThatLoopAreBadImagesOrPassedOver() throws IOException {
    Path loop = root.resolve("train/cat/loop.png");
    Files.createSymbolicLink(loop, loop);
    Path folder = root.resolve("train/self");
    Files.createSymbolicLink(folder, folder);
    Files.createSymbolicLink(root.resolve("train/cat/up"), root.resolve("train"));
    assertFalse(badImage("train/cat/loop.png").isBlank());
    try (Dataset dataset = open()) {
      assertTrue(dataset.warnings().contains("train/self is a link that leads nowhere: left out"));
      assertEquals(9, dataset.training().size());
    }
  }

  @Test
  void linkedFoldersAndFilesAreFollowed() throws IOException, BadImageException {
    Files.move(root.resolve("train/cat"), temporary.resolve("cats elsewhere"));
    Files.createSymbolicLink(root.resolve("train/cat"), temporary.resolve("cats elsewhere"));
    try (Dataset dataset = open()) {
      assertEquals("train/cat/0.png", dataset.training().get(0).id());
      assertEquals(20, dataset.read(dataset.training().get(0)).width());
    }
  }

  @Test
  void unreadableFileIsABadImage() throws IOException {
    Path file = root.resolve("train/cat/0.png");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(file), "the user may read everything");
    assertEquals("the file cannot be read: permission denied", badImage("train/cat/0.png"));
  }

  @Test
  void vanishedFileIsABadImage() throws IOException {
    try (Dataset dataset = open()) {
      ImageRecord image = dataset.training().get(0);
      Files.delete(root.resolve(image.id()));
      BadImageException error = assertThrows(BadImageException.class, () -> dataset.read(image));
      assertEquals("the file cannot be read: there is no such file", error.getMessage());
    }
  }

  @Test
  void normalisationOfOwnImagesIsMeasured() {
    try (Dataset dataset = open()) {
      RawImage image = TestImages.gradient(20, 16);
      float[] planes =
          ImageTransforms.distill(
                  new Normalisation(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0)),
                  16,
                  DataConfig.Resize.ANTIALIAS)
              .apply(image);
      double[] mean = new double[3];
      for (int i = 0; i < planes.length; i++) {
        mean[i / 256] += planes[i] / 256.0;
      }
      double[] measured =
          dataset.normalisation().mean().stream().mapToDouble(Double::doubleValue).toArray();
      assertArrayEquals(mean, measured, 1e-6);
    }
  }

  @Test
  void nothingIsMeasuredWithoutAnImageThatMayNotBeLeftOut() throws IOException {
    TestImages.write(root.resolve("train/cat/0.png"), TestImages.encode(".png", 30, 16));
    Path file = root.resolve("train/cat/0.png");
    Path away = temporary.resolve("away.png");
    try (Dataset dataset = open();
        Dataset skipping =
            Datasets.open(DataConfigs.skipping(DataConfigs.withShare(config(), 0)), 0)) {
      Files.move(file, away);
      assertEquals(
          "image train/cat/0.png cannot be used: the file cannot be read: there is no such file"
              + " (mend or remove it, or set data.on-bad-image: skip)",
          assertThrows(InputException.class, dataset::normalisation).getMessage());
      Normalisation ofTheOthers = skipping.normalisation();
      Files.move(away, file);
      assertNotEquals(ofTheOthers, dataset.normalisation());
    }
  }
}
