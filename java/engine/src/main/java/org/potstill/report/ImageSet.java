package org.potstill.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.potstill.errors.InputException;

/**
 * Synthetic images in a safetensors file: tensor {@code images}, float32 (M, C, H, W), normalised,
 * and {@code labels}, int64 (M). Read picture by picture, since a large set does not fit memory.
 */
final class ImageSet {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int HEADER_LIMIT = 16 << 20;

  private final Path file;
  private final long iteration;
  private final int[] shape;
  private final long imagesStart;
  private final long[] labels;
  private final List<Double> mean;
  private final List<Double> std;
  private final List<String> classNames;
  private final List<String> classKeys;

  private ImageSet(Path file, long iteration, FileChannel channel) throws IOException {
    this.file = file;
    this.iteration = iteration;
    long headerBytes = read(channel, 0, 8).getLong();
    if (headerBytes < 2 || headerBytes > HEADER_LIMIT) {
      throw new IOException("it is not a safetensors file");
    }
    JsonNode header = JSON.readTree(read(channel, 8, (int) headerBytes).array());
    JsonNode images = tensor(header, "images", "F32", 4);
    JsonNode labelTensor = tensor(header, "labels", "I64", 1);
    shape = JSON.convertValue(images.get("shape"), int[].class);
    if (!labelTensor.get("shape").equals(JSON.createArrayNode().add(shape[0]))) {
      throw new IOException("it does not have a label for every image");
    }
    if (4.0 * shape[1] * shape[2] * shape[3] > Integer.MAX_VALUE) {
      throw new IOException("one image of it takes more than 2 GB");
    }
    long data = 8 + headerBytes;
    imagesStart = data + images.get("data_offsets").get(0).asLong();
    long labelsStart = data + labelTensor.get("data_offsets").get(0).asLong();
    if (channel.size() - labelsStart < 8L * shape[0]) {
      throw new EOFException("it ends early");
    }
    labels = new long[shape[0]];
    read(channel, labelsStart, 8 * shape[0]).asLongBuffer().get(labels);
    JsonNode metadata = header.path("__metadata__");
    mean = numbers(metadata.path("mean"), 0);
    std = numbers(metadata.path("std"), 1);
    classNames = names(metadata.path("class_names"));
    classKeys = names(metadata.path("class_keys"));
  }

  /**
   * Opens the header.
   *
   * @param iteration after which the images stood like this; 0 for the start
   * @throws InputException where the file is not such a file
   */
  static ImageSet read(Path file, long iteration) {
    try (FileChannel channel = FileChannel.open(file)) {
      return new ImageSet(file, iteration, channel);
    } catch (IOException e) {
      throw RunFiles.broken(file, e);
    }
  }

  /** Iteration after which the images stood like this; 0 for the start. */
  long iteration() {
    return iteration;
  }

  /** Number of images. */
  int count() {
    return shape[0];
  }

  /** Width in pixels. */
  int width() {
    return shape[3];
  }

  /** Height in pixels. */
  int height() {
    return shape[2];
  }

  /** Name of the class of an image. */
  String className(int index) {
    long value = labels[index];
    return value >= 0 && value < classNames.size() ? classNames.get((int) value) : "class " + value;
  }

  /** What the source calls the class of an image; its name where that is not recorded. */
  String classKey(int index) {
    long value = labels[index];
    return value >= 0 && value < classKeys.size() ? classKeys.get((int) value) : className(index);
  }

  /** Display name of the class that the source calls {@code key}; the key where there is none. */
  String displayName(String key) {
    int index = classKeys.indexOf(key);
    return index >= 0 && index < classNames.size() ? classNames.get(index) : key;
  }

  /** Number of classes that have an image. */
  int classCount() {
    return (int) Arrays.stream(labels).distinct().count();
  }

  /** Indices of the images of every class, classes by rising label. */
  List<List<Integer>> byClass() {
    List<List<Integer>> groups = new ArrayList<>();
    for (long wanted : Arrays.stream(labels).distinct().sorted().toArray()) {
      List<Integer> group = new ArrayList<>();
      for (int i = 0; i < labels.length; i++) {
        if (labels[i] == wanted) {
          group.add(i);
        }
      }
      groups.add(group);
    }
    return groups;
  }

  /** Whether both sets hold the same number of images for the same labels. */
  boolean matches(ImageSet other) {
    return Arrays.equals(labels, other.labels);
  }

  /**
   * One image with its pixels brought back to 0 to 1 and clamped, grey or RGB.
   *
   * @throws InputException where the file ends early
   */
  BufferedImage image(int index) {
    int bytes = 4 * shape[1] * shape[2] * shape[3];
    try (FileChannel channel = FileChannel.open(file)) {
      float[] pixels = new float[bytes / 4];
      read(channel, imagesStart + (long) index * bytes, bytes).asFloatBuffer().get(pixels);
      return picture(pixels);
    } catch (IOException e) {
      throw RunFiles.broken(file, e);
    }
  }

  private BufferedImage picture(float[] pixels) {
    boolean colour = shape[1] >= 3;
    int type = colour ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
    BufferedImage picture = new BufferedImage(width(), height(), type);
    int plane = width() * height();
    for (int c = 0; c < (colour ? 3 : 1); c++) {
      for (int i = 0; i < plane; i++) {
        double value = pixels[c * plane + i] * std.get(c) + mean.get(c);
        int level = (int) Math.round(255 * Math.min(1, Math.max(0, value)));
        picture.getRaster().setSample(i % width(), i / width(), c, level);
      }
    }
    return picture;
  }

  private static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("it ends early");
      }
    }
    return buffer.flip();
  }

  private static JsonNode tensor(JsonNode header, String name, String type, int rank)
      throws IOException {
    JsonNode tensor = header.path(name);
    if (!tensor.path("dtype").asText().equals(type) || tensor.path("shape").size() != rank) {
      throw new IOException("it has no tensor '" + name + "' of type " + type);
    }
    for (JsonNode size : tensor.path("shape")) {
      if (!size.isInt() || size.intValue() < 1) {
        throw new IOException("tensor '" + name + "' has a size of " + size);
      }
    }
    for (int i = 0; i < 2; i++) {
      JsonNode offset = tensor.path("data_offsets").path(i);
      if (!offset.isIntegralNumber() || !offset.canConvertToLong() || offset.longValue() < 0) {
        throw new IOException("it does not say where tensor '" + name + "' begins and ends");
      }
    }
    return tensor;
  }

  private List<Double> numbers(JsonNode metadata, double missing) throws IOException {
    List<Double> numbers = new ArrayList<>();
    if (metadata.isTextual()) {
      String list = metadata.asText().replaceAll("[\\[\\]]", "");
      for (String number : list.split(",", -1)) {
        numbers.add(number(number.strip()));
      }
    }
    while (numbers.size() < shape[1]) {
      numbers.add(missing);
    }
    return numbers;
  }

  private static double number(String text) throws IOException {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IOException("'" + text + "' of its mean and std is no number", e);
    }
  }

  private static List<String> names(JsonNode metadata) throws IOException {
    if (!metadata.isTextual()) {
      return List.of();
    }
    String[] names = JSON.readValue(metadata.asText(), String[].class);
    if (names == null || Arrays.asList(names).contains(null)) {
      throw new IOException("its names of classes have an empty place (null)");
    }
    return List.of(names);
  }
}
