package org.potstill.net;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * Whether shapes go together. LibTorch takes some that do not, and of the rest it tells what the
 * caller of a network does not know of.
 */
final class ShapeChecks {

  private static final int IMAGE_DIMENSIONS = 4;

  private ShapeChecks() {}

  /** What a layer throws that is handed a shape that it cannot take. */
  static final class Misfit extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    private Misfit(String layer, String takes, Tensor given) {
      super(layer + " takes " + takes + ", not " + words(given));
    }
  }

  /**
   * Checks what a network is handed, but for the sizes of images, which its layers know.
   *
   * @throws IllegalArgumentException where the input has no four dimensions, or the state is that
   *     of another network
   */
  static void requireNetwork(Network network, NamedTensors state, Tensor input) {
    if (input.dim() != IMAGE_DIMENSIONS) {
      throw new IllegalArgumentException(
          network + " takes images of (N, C, H, W), not " + words(input));
    }
    for (StateEntry entry : network.state()) {
      // One that is missing is told by the layer that looks for it.
      if (state.contains(entry.name()) && !hasShape(state.get(entry.name()), entry.shape())) {
        throw new IllegalArgumentException(
            network
                + " has "
                + entry.name()
                + " of "
                + entry.shape()
                + ", not "
                + words(state.get(entry.name())));
      }
    }
  }

  private static boolean hasShape(Tensor tensor, List<Long> shape) {
    boolean same = tensor.dim() == shape.size();
    for (int i = 0; same && i < shape.size(); i++) {
      same = tensor.size(i) == shape.get(i);
    }
    return same;
  }

  /** The same of a layer, told of the images that a network was handed. */
  static IllegalArgumentException ofNetwork(Network network, Tensor input, Misfit cause) {
    return new IllegalArgumentException(
        network + " does not take images of " + words(input) + ": " + cause.getMessage(), cause);
  }

  /** Checks the input of a convolution. */
  static void requireMaps(String layer, Tensor input, Tensor weight, int padding) {
    long smallest = weight.size(2) - 2L * padding;
    if (input.size(1) != weight.size(1) || !holds(input, smallest)) {
      String least = smallest > 1 ? " with H and W of at least " + smallest : "";
      throw new Misfit(layer, "(N, " + weight.size(1) + ", H, W)" + least, input);
    }
  }

  /** Checks the input of a pooling. */
  static void requireSquare(Tensor input, long size, long padding) {
    if (!holds(input, size - 2 * padding)) {
      String square = size + " x " + size;
      throw new Misfit("a pooling of " + square, "maps of at least one square", input);
    }
  }

  private static boolean holds(Tensor maps, long side) {
    return maps.size(2) >= side && maps.size(3) >= side;
  }

  /** Checks the input of a layer by its last dimensions. */
  static void requireEnd(String layer, Tensor input, long... end) {
    long[] given = Tensors.shape(input);
    int before = Math.max(0, given.length - end.length);
    if (!Arrays.equals(end, Arrays.copyOfRange(given, before, given.length))) {
      String words = Arrays.toString(end);
      throw new Misfit(layer, "(..., " + words.substring(1, words.length() - 1) + ")", input);
    }
  }

  /**
   * Checks what a network, which may be a user's own, makes of images.
   *
   * @throws InputException where it is not one row of features for each
   */
  static void requireFeatures(Network network, Tensor images, Tensor features) {
    if (features == null || features.dim() != 2 || features.size(0) != images.size(0)) {
      throw unlike(network, "features", features, "(" + images.size(0) + ", features)");
    }
  }

  /** The same of its classifier, which gives a value for every class. */
  static void requireLogits(Network network, Tensor images, Tensor logits) {
    long classes = network.classes();
    boolean fits =
        logits != null
            && logits.dim() == 2
            && logits.size(0) == images.size(0)
            && logits.size(1) == classes;
    if (!fits) {
      throw unlike(network, "logits", logits, "(" + images.size(0) + ", " + classes + ")");
    }
  }

  private static InputException unlike(
      Network network, String what, Tensor given, String expected) {
    return new InputException(
        "network "
            + network
            + " gives "
            + what
            + " of "
            + (given == null ? "null" : words(given))
            + ", not "
            + expected);
  }

  /** Checks the images of a network that takes squares of one size. */
  static void requireSize(String network, Tensor images, long size) {
    if (images.size(2) != size || images.size(3) != size) {
      throw new Misfit(network, "(N, C, " + size + ", " + size + ")", images);
    }
  }

  private static String words(Tensor tensor) {
    return Arrays.toString(Tensors.shape(tensor));
  }
}
