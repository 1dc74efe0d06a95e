package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;

/** Sets of images that are three pixels wide and two high. */
class ImageSetTest {

  private static final Map<String, String> GREY = Map.of("mean", "[0.5]", "std", "[0.25]");
  private static final int SIDE_BY_SIDE = 3;
  private static final int PLANE = 6;

  @TempDir Path folder;

  private ImageSet set(Map<String, String> metadata, int channels, long[] labels, float... pixels)
      throws IOException {
    return ImageSet.read(write(metadata, channels, labels, pixels), 0);
  }

  private Path write(Map<String, String> metadata, int channels, long[] labels, float... pixels)
      throws IOException {
    ByteBuffer data =
        ByteBuffer.allocate(8 * labels.length + 4 * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
    // The order of the tensors is free.
    Arrays.stream(labels).forEach(data::putLong);
    for (float pixel : pixels) {
      data.putFloat(pixel);
    }
    return write(header(metadata, channels, labels.length), data.array());
  }

  private Path write(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json).put(data);
    return Files.write(folder.resolve("set.safetensors"), file.array());
  }

  private static String header(Map<String, String> metadata, int channels, int count)
      throws IOException {
    int labels = 8 * count;
    Map<String, Object> header =
        Map.of(
            "__metadata__",
            metadata,
            "images",
            tensor("F32", List.of(count, channels, 2, 3), labels, 4 * count * channels * PLANE),
            "labels",
            tensor("I64", List.of(count), 0, labels));
    return new ObjectMapper().writeValueAsString(header);
  }

  private static Map<String, Object> tensor(String type, List<Integer> shape, int from, int bytes) {
    return Map.of("dtype", type, "shape", shape, "data_offsets", List.of(from, from + bytes));
  }

  private static float[] ofImages(int images, int channels) {
    float[] pixels = new float[images * channels * PLANE];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i;
    }
    return pixels;
  }

  private static int[] row(BufferedImage image, int y, int band) {
    return image.getRaster().getSamples(0, y, SIDE_BY_SIDE, 1, band, (int[]) null);
  }

  @Test
  void greyPixelsAreBroughtBackAndClamped() throws IOException {
    float[] pixels = {0, 9, 9, 9, 9, 9, -2, -1, 0, 1, 2, 3};
    BufferedImage image = set(GREY, 1, new long[] {0, 0}, pixels).image(1);
    assertEquals(BufferedImage.TYPE_BYTE_GRAY, image.getType());
    assertEquals(List.of(3, 2), List.of(image.getWidth(), image.getHeight()));
    // 0, 0.25, 0.5 / 0.75, 1 and beyond.
    assertEquals("[0, 64, 128]", Arrays.toString(row(image, 0, 0)));
    assertEquals("[191, 255, 255]", Arrays.toString(row(image, 1, 0)));
    float[] below = {-3, 0, 0, 0, 0, 0};
    assertEquals(0, row(set(GREY, 1, new long[] {0}, below).image(0), 0, 0)[0]);
  }

  @Test
  void everyChannelHasItsMeanAndSpread() throws IOException {
    Map<String, String> metadata = Map.of("mean", "[0.2, 0.4,0.6]", "std", "[0.1,0.2, 0.3]");
    float[] pixels = new float[3 * PLANE];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % PLANE * 0.4f;
    }
    BufferedImage image = set(metadata, 3, new long[] {0}, pixels).image(0);
    assertEquals(BufferedImage.TYPE_INT_RGB, image.getType());
    // 0.2, 0.4 and 0.6 in the corner; 0.04, 0.08 and 0.12 more each pixel.
    assertEquals("[51, 61, 71]", Arrays.toString(row(image, 0, 0)));
    assertEquals("[102, 122, 143]", Arrays.toString(row(image, 0, 1)));
    assertEquals("[153, 184, 214]", Arrays.toString(row(image, 0, 2)));
    assertEquals("[82, 92, 102]", Arrays.toString(row(image, 1, 0)));
  }

  @Test
  void pixelsOfASetThatDoesNotSayHowItIsNormalisedAreTakenAsTheyAre() throws IOException {
    float[] pixels = {0, 0.2f, 0.4f, 0.6f, 0.8f, 1};
    BufferedImage image = set(Map.of(), 1, new long[] {0}, pixels).image(0);
    assertEquals("[0, 51, 102]", Arrays.toString(row(image, 0, 0)));
    assertEquals("[153, 204, 255]", Arrays.toString(row(image, 1, 0)));
  }

  /** There is no picture of two channels. */
  @Test
  void ofTwoChannelsTheFirstIsShown() throws IOException {
    float[] pixels = new float[2 * PLANE];
    Arrays.fill(pixels, PLANE, 2 * PLANE, 1);
    BufferedImage image = set(Map.of(), 2, new long[] {0}, pixels).image(0);
    assertEquals(BufferedImage.TYPE_BYTE_GRAY, image.getType());
    assertEquals("[0, 0, 0]", Arrays.toString(row(image, 0, 0)));
  }

  @Test
  void classesAreKnownByTheirLabels() throws IOException {
    Map<String, String> metadata =
        Map.of("class_names", "[\"tench\",\"goose\"]", "class_keys", "[\"n01\",\"n02\"]");
    ImageSet set = set(metadata, 1, new long[] {1, 0, 1, 2, -1}, ofImages(5, 1));
    assertEquals(5, set.count());
    assertEquals(4, set.classCount());
    assertEquals(List.of(List.of(4), List.of(1), List.of(0, 2), List.of(3)), set.byClass());
    assertEquals("goose", set.className(0));
    assertEquals("tench", set.className(1));
    assertEquals("class 2", set.className(3));
    assertEquals("class -1", set.className(4));
    assertEquals("n02", set.classKey(2));
    assertEquals("n01", set.classKey(1));
    assertEquals("class 2", set.classKey(3));
    assertEquals("class -1", set.classKey(4));
    assertEquals("tench", set.displayName("n01"));
    assertEquals("goose", set.displayName("n02"));
    assertEquals("n03", set.displayName("n03"));
  }

  @Test
  void keysWithoutNamesStandForThem() throws IOException {
    Map<String, String> metadata =
        Map.of("class_names", "[\"tench\"]", "class_keys", "[\"n01\",\"n02\"]");
    ImageSet set = set(metadata, 1, new long[] {0, 1}, ofImages(2, 1));
    assertEquals("n02", set.displayName("n02"));
    Map<String, String> named = Map.of("class_names", "[\"tench\",\"goose\"]");
    assertEquals("goose", set(named, 1, new long[] {0, 1}, ofImages(2, 1)).classKey(1));
  }

  @Test
  void setsMatchWhereTheirLabelsDo() throws IOException {
    ImageSet set = set(GREY, 1, new long[] {0, 1}, ofImages(2, 1));
    assertTrue(set.matches(set(Map.of(), 1, new long[] {0, 1}, new float[2 * PLANE])));
    assertFalse(set.matches(set(GREY, 1, new long[] {1, 0}, ofImages(2, 1))));
    assertFalse(set.matches(set(GREY, 1, new long[] {0, 1, 1}, ofImages(3, 1))));
  }

  @Test
  void whatIsNoSetOfImagesIsToldWithTheFile() throws IOException {
    String header = header(GREY, 1, 2);
    byte[] data = new byte[2 * 8 + 2 * 4 * PLANE];
    assertTold("it does not have a label for every image", header.replace("[2]", "[3]"), data);
    assertTold(
        "one image of it takes more than 2 GB",
        header.replace("[2,1,2,3]", "[2,9,8000,9000]"),
        data);
    assertTold("it has no tensor 'labels' of type I64", header.replace("I64", "I32"), data);
    assertTold(
        "it has no tensor 'images' of type F32", header.replace("[2,1,2,3]", "[2,2,3]"), data);
    assertTold("it is not a safetensors file", "", data);
    assertTold("it ends early", header, new byte[15]);
    Path file = folder.resolve("set.safetensors");
    byte[] long32 = {0, 0, 0, 2, 0, 0, 0, 0, '{', '}'};
    Files.write(file, long32);
    assertTold("it is not a safetensors file", file);
    Files.write(file, Arrays.copyOf(long32, 7));
    assertTold("it ends early", file);
  }

  private void assertTold(String told, String header, byte[] data) throws IOException {
    assertTold(told, write(header, data));
  }

  private static void assertTold(String told, Path file) {
    InputException error = assertThrows(InputException.class, () -> ImageSet.read(file, 0));
    assertEquals("cannot read " + file + ": " + told, error.getMessage());
  }
}
