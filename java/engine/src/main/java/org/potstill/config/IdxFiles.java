package org.potstill.config;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.GZIPInputStream;

/** Where the files of {@code data.source: idx:DIR} are, and how large their images. */
public final class IdxFiles {

  private static final String SOURCE = "idx:";
  private static final int IMAGES_OF_BYTES = 0x0803;

  private IdxFiles() {}

  /**
   * The names that a file may have, plain or gzipped, the usual first.
   *
   * @param split {@code train} or {@code t10k}
   * @param part {@code images} or {@code labels}
   */
  public static List<String> names(String split, String part) {
    String kind = part.equals("images") ? "idx3" : "idx1";
    List<String> names = new ArrayList<>();
    for (String separator : List.of("-", ".")) {
      String name = split + "-" + part + separator + kind + "-ubyte";
      names.add(name);
      names.add(name + ".gz");
    }
    return names;
  }

  /** The file of {@code folder} that is there; of several the first of {@link #names}. */
  public static Optional<Path> find(Path folder, String split, String part) {
    return names(split, part).stream().map(folder::resolve).filter(Files::exists).findFirst();
  }

  /**
   * The shorter side in pixels of the images of {@code source}, by the header of the training
   * images. Empty where it is of another kind, or cannot be read: whoever opens it says why.
   */
  static OptionalLong side(String source) {
    if (!source.startsWith(SOURCE)) {
      return OptionalLong.empty();
    }
    Path folder = Path.of(source.substring(SOURCE.length()));
    return find(folder, "train", "images").map(IdxFiles::sideOf).orElseGet(OptionalLong::empty);
  }

  private static OptionalLong sideOf(Path images) {
    try (InputStream file = Files.newInputStream(images);
        DataInputStream header =
            new DataInputStream(
                images.toString().endsWith(".gz") ? new GZIPInputStream(file) : file)) {
      int kind = header.readInt();
      header.readInt(); // How many there are.
      int side = Math.min(header.readInt(), header.readInt());
      return kind == IMAGES_OF_BYTES && side > 0 ? OptionalLong.of(side) : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
