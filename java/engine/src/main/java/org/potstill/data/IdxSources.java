package org.potstill.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.potstill.config.IdxFiles;
import org.potstill.errors.InputException;

/** Opens sources in IDX format: a folder of four files, or the sample that the jar carries. */
final class IdxSources {

  /** Name of the data set that the jar carries. */
  static final String FASHION_MNIST_MINI = "fashion-mnist-mini";

  private static final List<String> FASHION =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  /** Opens a stream by file name. */
  private interface Opener {
    InputStream open(String name) throws IOException;
  }

  private IdxSources() {}

  /** The class-balanced sample of Fashion-MNIST in the jar. */
  static PackedSource fashionMnistMini() {
    Opener opener =
        name -> {
          InputStream in = IdxSources.class.getResourceAsStream(FASHION_MNIST_MINI + "/" + name);
          if (in == null) {
            throw new IOException("it is missing in the jar");
          }
          return in;
        };
    List<ClassLabel> labels =
        FASHION.stream()
            .map(name -> new ClassLabel(name.toLowerCase(Locale.ROOT).replaceAll("\\W", "-"), name))
            .toList();
    return source(
        labels,
        split(opener, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
        split(opener, "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"));
  }

  /**
   * The four files of MNIST's layout in one folder, each plain or gzipped.
   *
   * @throws InputException where one is missing, damaged or does not fit the others
   */
  static PackedSource folder(Path folder) {
    Opener opener = name -> Files.newInputStream(Path.of(name));
    IdxSplit train =
        split(opener, find(folder, "train", "images"), find(folder, "train", "labels"));
    IdxSplit test = split(opener, find(folder, "t10k", "images"), find(folder, "t10k", "labels"));
    return source(null, train, test);
  }

  private static String find(Path folder, String split, String part) {
    return IdxFiles.find(folder, split, part)
        .orElseThrow(
            () ->
                new InputException(
                    folder
                        + " has no "
                        + IdxFiles.names(split, part).get(0)
                        + "[.gz]: data.source idx: needs the images and the"
                        + " labels of train and t10k in one folder"))
        .toString();
  }

  /** Images and labels of one split, checked against each other. */
  private record IdxSplit(String name, IdxFile images, PackedSplit packed) {

    int height() {
      return images.sizes()[1];
    }

    int width() {
      return images.sizes()[2];
    }
  }

  private static IdxSplit split(Opener opener, String imageName, String labelName) {
    IdxFile images = read(opener, imageName, 3);
    IdxFile labels = read(opener, labelName, 1);
    int count = images.sizes()[0];
    if (labels.sizes()[0] != count) {
      throw new InputException(
          imageName
              + " has "
              + count
              + " images, but "
              + labelName
              + " has "
              + labels.sizes()[0]
              + " labels");
    }
    int size = images.sizes()[1] * images.sizes()[2];
    int[] labelOfImage = new int[count];
    Arrays.setAll(labelOfImage, i -> Byte.toUnsignedInt(labels.bytes().get(labels.start() + i)));
    PackedImages part = new PackedImages(images.bytes(), images.start(), size, count);
    return new IdxSplit(imageName, images, new PackedSplit(List.of(part), labelOfImage));
  }

  private static IdxFile read(Opener opener, String name, int dimensions) {
    try {
      return IdxFile.read(name, opener.open(name), dimensions);
    } catch (IOException e) {
      throw new InputException(name + " cannot be opened: " + e.getMessage(), e);
    }
  }

  private static PackedSource source(List<ClassLabel> named, IdxSplit train, IdxSplit test) {
    if (train.width() != test.width() || train.height() != test.height()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has images of %d x %d pixels, but %s of %d x %d",
              train.name(),
              train.width(),
              train.height(),
              test.name(),
              test.width(),
              test.height()));
    }
    List<ClassLabel> labels =
        named != null
            ? named
            : IntStream.rangeClosed(0, 255)
                .mapToObj(Integer::toString)
                .map(digit -> new ClassLabel(digit, digit))
                .toList();
    PackedShape shape = new PackedShape(train.width(), train.height(), 1);
    return new PackedSource(labels, shape, train.packed(), test.packed());
  }
}
