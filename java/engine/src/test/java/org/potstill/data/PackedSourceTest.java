package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;

/** IDX and CIFAR files of a few images. */
class PackedSourceTest {

  @TempDir Path folder;

  private Dataset open(String kind) {
    return Datasets.open(DataConfigs.withShare(DataConfigs.of(kind + ":" + folder), 0), 0);
  }

  private void assertRefused(String kind, String reason) {
    InputException error = assertThrows(InputException.class, () -> open(kind).close());
    assertTrue(error.getMessage().contains(reason), error.getMessage());
  }

  private void write(String name, byte[] bytes) throws IOException {
    Files.write(folder.resolve(name), bytes);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream packed = new GZIPOutputStream(out)) {
      packed.write(bytes);
    }
    return out.toByteArray();
  }

  /** Images of 5 x 4 pixels; the first pixel of image i is i. */
  private static byte[] idxImages(int count) {
    ByteBuffer file = ByteBuffer.allocate(16 + count * 20);
    file.putInt(0x803).putInt(count).putInt(4).putInt(5);
    for (int i = 0; i < count; i++) {
      file.put(16 + i * 20, (byte) i).put(16 + i * 20 + 19, (byte) 200);
    }
    return file.array();
  }

  private static byte[] idxLabels(int... labels) {
    ByteBuffer file = ByteBuffer.allocate(8 + labels.length);
    file.putInt(0x801).putInt(labels.length);
    for (int label : labels) {
      file.put((byte) label);
    }
    return file.array();
  }

  private void writeIdx(boolean packed, int[] train, int[] test) throws IOException {
    String end = packed ? ".gz" : "";
    byte[][] files = {
      idxImages(train.length), idxLabels(train), idxImages(test.length), idxLabels(test)
    };
    List<String> names =
        List.of(
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte");
    for (int i = 0; i < files.length; i++) {
      write(names.get(i) + end, packed ? gzip(files[i]) : files[i]);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void idxIsRead(boolean packed) throws Exception {
    writeIdx(packed, new int[] {1, 2, 1}, new int[] {2});
    try (Dataset dataset = open("idx")) {
      // Labels need not begin at 0.
      assertEquals(List.of("1", "2"), dataset.classNames());
      assertEquals(new ImageRecord("train/000001", 1), dataset.training().get(1));
      assertEquals(List.of(new ImageRecord("test/000000", 1)), dataset.test());
      RawImage image = dataset.read(dataset.training().get(2));
      assertEquals(5, image.width());
      assertEquals(4, image.height());
      assertEquals(1, image.channels());
      assertEquals(2, image.pixels()[0]);
      assertEquals((byte) 200, image.pixels()[19]);
      assertEquals(4, dataset.resolution());
    }
  }

  @Test
  void idxNamesWithDotsAreFound() throws IOException {
    writeIdx(false, new int[] {0, 1}, new int[] {0, 1});
    Files.move(
        folder.resolve("train-images-idx3-ubyte"), folder.resolve("train-images.idx3-ubyte"));
    try (Dataset dataset = open("idx")) {
      assertEquals(2, dataset.training().size());
    }
  }

  @Test
  void missingIdxFileIsNamed() throws IOException {
    writeIdx(false, new int[] {0, 1}, new int[] {0, 1});
    Files.delete(folder.resolve("t10k-labels-idx1-ubyte"));
    assertRefused("idx", "has no t10k-labels-idx1-ubyte[.gz]");
  }

  @Test
  void damagedIdxIsRefused() throws IOException {
    writeIdx(false, new int[] {0, 1}, new int[] {0, 1});
    write("train-images-idx3-ubyte", Arrays.copyOf(idxImages(2), 50));
    assertRefused("idx", "ends early: its header promises 56 bytes, it has 50");
    write("train-images-idx3-ubyte", new byte[3]);
    assertRefused("idx", "ends early: it has only 3 bytes");
    write("train-images-idx3-ubyte", idxLabels(1, 2, 3, 4, 5, 6, 7, 8, 9));
    assertRefused("idx", "begins with 00000801, not 00000803");
    write("train-images-idx3-ubyte", idxImages(3));
    assertRefused("idx", "has 3 images, but");
    byte[] unsigned = idxImages(2);
    Arrays.fill(unsigned, 4, 8, (byte) -1);
    write("train-images-idx3-ubyte", unsigned);
    assertRefused("idx", "promises a dimension of size 4294967295");
    byte[] huge = idxImages(2);
    Arrays.fill(huge, 4, 16, (byte) 0x7F);
    write("train-images-idx3-ubyte", huge);
    assertRefused("idx", "2 GB or more");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void idxThatGoesOnAfterItsEndIsRefused(boolean packed) throws IOException {
    writeIdx(packed, new int[] {0, 1}, new int[] {0, 1});
    String name = "train-images-idx3-ubyte" + (packed ? ".gz" : "");
    byte[] longer = Arrays.copyOf(idxImages(2), 56 + 20);
    write(name, packed ? gzip(longer) : longer);
    String file = folder.resolve(name).toString();
    assertRefused(
        "idx", file + " is damaged or another file: its header promises 56 bytes, it has 76");
    writeIdx(packed, new int[] {0, 1}, new int[] {0, 1});
    byte[] labels = Arrays.copyOf(idxLabels(0, 1), 11);
    name = name.replace("images-idx3", "labels-idx1");
    write(name, packed ? gzip(labels) : labels);
    assertRefused("idx", "its header promises 10 bytes, it has 11");
  }

  @Test
  void damagedGzipIsRefused() throws IOException {
    writeIdx(true, new int[] {0, 1}, new int[] {0, 1});
    byte[] packed = gzip(idxImages(2));
    write("train-images-idx3-ubyte.gz", Arrays.copyOf(packed, packed.length / 2));
    assertRefused("idx", "ends early");
    // Where the values are there and the checksum is not, or another one.
    write("train-images-idx3-ubyte.gz", Arrays.copyOf(packed, packed.length - 4));
    assertRefused("idx", "ends early");
    byte[] changed = packed.clone();
    changed[packed.length - 8] ^= 1;
    write("train-images-idx3-ubyte.gz", changed);
    assertRefused("idx", "not a whole gzip file");
    write("train-images-idx3-ubyte.gz", idxImages(2));
    assertRefused("idx", "not a whole gzip file");
  }

  @Test
  void testImagesOfUnknownClassesAreLeftOut() throws IOException {
    writeIdx(false, new int[] {0, 1}, new int[] {0, 1, 7});
    try (Dataset dataset = open("idx")) {
      assertEquals(2, dataset.test().size());
      assertEquals(
          List.of("class 7 has test images but no training images: left out"), dataset.warnings());
    }
  }

  private static byte[] cifarImages(int before, int... labels) {
    ByteBuffer file = ByteBuffer.allocate(labels.length * (before + 3072));
    for (int label : labels) {
      for (int i = 1; i < before; i++) {
        file.put((byte) 99);
      }
      file.put((byte) label);
      for (int plane = 0; plane < 3; plane++) {
        for (int i = 0; i < 1024; i++) {
          file.put((byte) (plane * 80 + label + (i == 1 ? 5 : 0)));
        }
      }
    }
    return file.array();
  }

  private void writeCifar10() throws IOException {
    for (int i = 1; i <= 5; i++) {
      write("data_batch_" + i + ".bin", cifarImages(1, i, 0));
    }
    write("test_batch.bin", cifarImages(1, 5, 4, 3));
    String names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    write("batches.meta.txt", names.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void cifar10IsRead() throws Exception {
    writeCifar10();
    try (Dataset dataset = open("cifar10")) {
      assertEquals(
          List.of("airplane", "automobile", "bird", "cat", "deer", "dog"), dataset.classNames());
      assertEquals(10, dataset.training().size());
      assertEquals(new ImageRecord("train/000008", 5), dataset.training().get(8));
      RawImage image = dataset.read(dataset.training().get(8));
      assertEquals(32, image.width());
      assertEquals(3, image.channels());
      // Planes become interleaved channels; the second pixel is brighter.
      assertArrayEquals(
          new byte[] {5, 85, (byte) 165, 10, 90, (byte) 170}, Arrays.copyOf(image.pixels(), 6));
      assertEquals("test/000002", dataset.test().get(2).id());
      assertEquals(32, dataset.resolution());
    }
  }

  @Test
  void damagedCifarIsRefused() throws IOException {
    writeCifar10();
    Files.delete(folder.resolve("data_batch_3.bin"));
    assertRefused("cifar10", "has no data_batch_3.bin");
    write("data_batch_3.bin", Arrays.copyOf(cifarImages(1, 1, 1), 5000));
    assertRefused("cifar10", "damaged or ends early: its 5000 bytes");
    write("data_batch_3.bin", cifarImages(1, 10));
    assertRefused("cifar10", "image 0 has label 10");
  }

  @Test
  void cifar100TakesTheFineLabels() throws Exception {
    write("train.bin", cifarImages(2, 98, 0));
    write("test.bin", cifarImages(2, 98));
    String names = String.join("\n", IntStream.range(0, 100).mapToObj(i -> "fine_" + i).toList());
    write("fine_label_names.txt", names.getBytes(StandardCharsets.UTF_8));
    try (Dataset dataset = open("cifar100")) {
      assertEquals(List.of("fine_0", "fine_98"), dataset.classNames());
      assertEquals(1, dataset.training().get(0).classIndex());
      assertEquals(98, dataset.read(dataset.test().get(0)).pixels()[0]);
    }
    write("fine_label_names.txt", "one\ntwo\n".getBytes(StandardCharsets.UTF_8));
    assertRefused("cifar100", "must name 100 classes, it names 2");
    String twice = names.replace("fine_98", "fine_97");
    write("fine_label_names.txt", twice.getBytes(StandardCharsets.UTF_8));
    assertRefused("cifar100", "fine_label_names.txt names two classes 'fine_97'");
  }

  @Test
  void unknownIdIsABadImage() throws IOException {
    writeIdx(false, new int[] {0, 1}, new int[] {0, 1});
    try (Dataset dataset = open("idx")) {
      for (String id : List.of("train/000002", "train/x", "train/-1", "val/0", "")) {
        assertThrows(BadImageException.class, () -> dataset.read(new ImageRecord(id, 0)), id);
      }
    }
  }
}
