package org.potstill.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.potstill.errors.InputException;

/**
 * Which network to build, for which images.
 *
 * @param name one of {@link Networks#names()}
 * @param depth blocks of a ConvNet; 0 for as many as leave maps of 4 x 4
 * @param width channels of a ConvNet; 0 for 128
 * @param norm null for the network's own
 * @param pooling of a ConvNet; null for average pooling
 * @param activation of a ConvNet; null for ReLU
 * @param imageSize height and width of the images, pixels
 * @param channels of the images
 * @param classes number of outputs
 */
public record NetworkSpec(
    String name,
    int depth,
    int width,
    Norm norm,
    Pooling pooling,
    Activation activation,
    int imageSize,
    int channels,
    int classes) {

  /** Images up to this size are for the small forms of the networks. */
  private static final int LARGEST_SMALL = 64;

  private static final int GREY_PADDING = 2;

  /** A network with everything it leaves open at its own choice. */
  public static NetworkSpec of(String name, int imageSize, int channels, int classes) {
    return new NetworkSpec(name, 0, 0, null, null, null, imageSize, channels, classes);
  }

  /** The same with another depth, width, norm and pooling; 0 and null leave one open. */
  public NetworkSpec with(int newDepth, int newWidth, Norm newNorm, Pooling newPooling) {
    return new NetworkSpec(
        name, newDepth, newWidth, newNorm, newPooling, activation, imageSize, channels, classes);
  }

  /** The same with another norm; null leaves it open. */
  public NetworkSpec with(Norm newNorm) {
    return with(depth, width, newNorm, pooling);
  }

  /** The same with another activation; null leaves it open. */
  public NetworkSpec with(Activation newActivation) {
    return new NetworkSpec(
        name, depth, width, norm, pooling, newActivation, imageSize, channels, classes);
  }

  /** Everything a ConvNet leaves open filled in. */
  NetworkSpec convNetDefaults() {
    return new NetworkSpec(
        name,
        depth > 0 ? depth : defaultDepth(),
        width > 0 ? width : 128,
        norm != null ? norm : Norm.INSTANCE,
        pooling != null ? pooling : Pooling.AVG,
        activation != null ? activation : Activation.RELU,
        imageSize,
        channels,
        classes);
  }

  private int defaultDepth() {
    int blocks = 31 - Integer.numberOfLeadingZeros(Math.max(8, paddedSize()) / 4);
    return Math.max(1, blocks);
  }

  /** With {@code own} where no norm is asked for. */
  NetworkSpec orNorm(Norm own) {
    return norm != null ? this : with(own);
  }

  /** What a configuration can ask for beyond the name, as far as it is, in words. */
  List<String> settings() {
    List<String> settings = new ArrayList<>();
    if (depth > 0) {
      settings.add("depth " + depth);
    }
    if (width > 0) {
      settings.add("width " + width);
    }
    if (norm != null) {
      settings.add("norm " + text(norm));
    }
    if (pooling != null) {
      settings.add("pooling " + text(pooling));
    }
    return settings;
  }

  /** Whether the form for images above 64 pixels is wanted. */
  boolean large() {
    return imageSize > LARGEST_SMALL;
  }

  /**
   * What the first convolution of ConvNet, AlexNet and VGG-11 pads on every side beyond keeping the
   * size: grey images of 28 pixels become 32, as published.
   */
  int extraPadding() {
    return channels == 1 ? GREY_PADDING : 0;
  }

  /** Size of the maps after a first convolution with {@link #extraPadding()}. */
  int paddedSize() {
    return imageSize + 2 * extraPadding();
  }

  void requireNorm(Norm... possible) {
    List<Norm> norms = Arrays.asList(possible);
    if (!norms.contains(norm)) {
      throw new InputException(
          name
              + " at "
              + imageSize
              + " pixels cannot have norm '"
              + text(norm)
              + "', only "
              + norms.stream().map(NetworkSpec::text).toList());
    }
  }

  void requireSize(int least) {
    if (paddedSize() < least) {
      throw new InputException(
          name + " needs images of at least " + least + " pixels, not " + imageSize);
    }
  }

  /**
   * Refuses an instance norm of maps with a single position: it gives 0 whatever is in the image,
   * and the network learns nothing.
   *
   * @param side of the smallest maps that the network normalises
   */
  void requirePositions(int side) {
    if (norm == Norm.INSTANCE && side < 2) {
      throw new InputException(
          name
              + " at "
              + imageSize
              + " pixels has maps of a single pixel, of which instance norm leaves nothing; take"
              + " larger images or another norm");
    }
  }

  void requireMultiple(int patch) {
    if (imageSize % patch != 0) {
      throw new InputException(
          name
              + " cuts images into patches of "
              + patch
              + " pixels, which does not fit "
              + imageSize);
    }
  }

  static String text(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
