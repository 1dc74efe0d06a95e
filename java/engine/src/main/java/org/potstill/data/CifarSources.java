package org.potstill.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;

/**
 * Opens CIFAR-10 and CIFAR-100 in their binary form: per image the labels, one byte each, then the
 * red, the green and the blue plane of 32 x 32 bytes.
 */
final class CifarSources {

  private static final PackedShape SHAPE = new PackedShape(32, 32, 3);

  private CifarSources() {}

  /** Names of files and the place of the label before every image. */
  private record Layout(
      String kind,
      List<String> train,
      List<String> test,
      String names,
      int labelBytes,
      int classes) {

    int stride() {
      return labelBytes + SHAPE.bytes();
    }
  }

  /**
   * Files {@code data_batch_1.bin} to {@code data_batch_5.bin}, {@code test_batch.bin} and {@code
   * batches.meta.txt}.
   *
   * @throws InputException where one is missing or damaged
   */
  static PackedSource cifar10(Path folder) {
    List<String> train =
        IntStream.rangeClosed(1, 5).mapToObj(i -> "data_batch_" + i + ".bin").toList();
    return open(
        folder, new Layout("cifar10", train, List.of("test_batch.bin"), "batches.meta.txt", 1, 10));
  }

  /**
   * Files {@code train.bin}, {@code test.bin} and {@code fine_label_names.txt}; the fine labels, of
   * which there are 100.
   *
   * @throws InputException where one is missing or damaged
   */
  static PackedSource cifar100(Path folder) {
    return open(
        folder,
        new Layout(
            "cifar100", List.of("train.bin"), List.of("test.bin"), "fine_label_names.txt", 2, 100));
  }

  private static PackedSource open(Path folder, Layout layout) {
    List<ClassLabel> labels = labels(folder, layout);
    return new PackedSource(
        labels, SHAPE, split(folder, layout, layout.train()), split(folder, layout, layout.test()));
  }

  private static List<ClassLabel> labels(Path folder, Layout layout) {
    Path file = require(folder, layout, layout.names());
    try {
      List<String> names =
          Files.readAllLines(file).stream().map(String::strip).filter(n -> !n.isEmpty()).toList();
      if (names.size() != layout.classes()) {
        throw new InputException(
            file + " must name " + layout.classes() + " classes, it names " + names.size());
      }
      Set<String> known = new HashSet<>();
      for (String name : names) {
        if (!known.add(name)) {
          throw new InputException(file + " names two classes '" + name + "'");
        }
      }
      return names.stream().map(name -> new ClassLabel(name, name)).toList();
    } catch (IOException e) {
      throw new InputException(file + " cannot be read: " + FileErrors.reason(file, e), e);
    }
  }

  private static Path require(Path folder, Layout layout, String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          folder
              + " has no "
              + name
              + ": data.source "
              + layout.kind()
              + ": needs the files of the binary version");
    }
    return file;
  }

  private static PackedSplit split(Path folder, Layout layout, List<String> names) {
    List<PackedImages> parts = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (String name : names) {
      Path file = require(folder, layout, name);
      PackedImages part = map(file, layout);
      parts.add(part);
      for (int i = 0; i < part.count(); i++) {
        // The last label before the pixels is the finest.
        int label = Byte.toUnsignedInt(part.bytes().get(part.start() + i * part.stride() - 1));
        if (label >= layout.classes()) {
          throw new InputException(
              file
                  + ": image "
                  + i
                  + " has label "
                  + label
                  + ", there are only "
                  + layout.classes()
                  + " classes");
        }
        labels.add(label);
      }
    }
    return new PackedSplit(parts, labels.stream().mapToInt(Integer::intValue).toArray());
  }

  private static PackedImages map(Path file, Layout layout) {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (size == 0 || size % layout.stride() != 0 || size > Integer.MAX_VALUE) {
        throw new InputException(
            file
                + " is damaged or ends early: its "
                + size
                + " bytes are no multiple of "
                + layout.stride());
      }
      ByteBuffer bytes = channel.map(MapMode.READ_ONLY, 0, size);
      return new PackedImages(
          bytes, layout.labelBytes(), layout.stride(), (int) size / layout.stride());
    } catch (IOException e) {
      throw new InputException(file + " cannot be read: " + FileErrors.reason(file, e), e);
    }
  }
}
