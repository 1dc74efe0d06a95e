package org.potstill.benchmarks;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.potstill.net.NetworkSpec;

/**
 * One iteration of a method that both engines do: what {@code peers/compare.py} hands to either
 * side as {@code name=value}.
 *
 * @param method {@code dm}, {@code dc}, {@code mtt-unrolled}, {@code mtt-constant-memory} or {@code
 *     train}
 * @param networkName of {@link org.potstill.net.Networks#names()}
 * @param channels of the images
 * @param size height and width of the images, pixels
 * @param depth blocks of the ConvNet
 * @param width channels of the ConvNet
 * @param perClass synthetic images per class, which are those that are trained on
 * @param real real images per class and step, DM and DC
 * @param outer updates of the images per iteration, DC
 * @param inner epochs of training of the network between two of them, DC
 * @param steps of the student, MTT, or of training
 * @param rate learning rate of the images, or of the network that is trained
 */
record PeerSettings(
    String method,
    String networkName,
    int channels,
    int size,
    int depth,
    int width,
    int perClass,
    int real,
    int outer,
    int inner,
    int steps,
    double rate) {

  static final int CLASSES = 10;

  /**
   * Reads the values.
   *
   * @throws IllegalArgumentException where one is missing or no number
   */
  static PeerSettings parse(String[] args) {
    Map<String, String> values = new HashMap<>();
    for (String arg : args) {
      int equals = arg.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("name=value expected, found " + arg);
      }
      values.put(arg.substring(0, equals), arg.substring(equals + 1));
    }
    return new PeerSettings(
        text(values, "method"),
        text(values, "network"),
        number(values, "channels"),
        number(values, "size"),
        number(values, "depth"),
        number(values, "width"),
        number(values, "per-class"),
        number(values, "real"),
        number(values, "outer"),
        number(values, "inner"),
        number(values, "steps"),
        Double.parseDouble(text(values, "rate")));
  }

  private static String text(Map<String, String> values, String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing among " + values);
    }
    return value;
  }

  private static int number(Map<String, String> values, String name) {
    return Integer.parseInt(text(values, name));
  }

  NetworkSpec network() {
    return NetworkSpec.of(networkName, size, channels, CLASSES).with(depth, width, null, null);
  }

  /** Labels of the synthetic images, class by class. */
  int[] labels() {
    return IntStream.range(0, CLASSES * perClass).map(image -> image / perClass).toArray();
  }

  long[] shape(int imagesPerClass) {
    return new long[] {(long) CLASSES * imagesPerClass, channels, size, size};
  }
}
