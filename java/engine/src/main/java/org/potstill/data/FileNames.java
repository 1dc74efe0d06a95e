package org.potstill.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Names, attributes and contents of files, whatever letters their names have. */
public final class FileNames {

  private static final Set<String> IMAGES =
      Set.of("jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "dib");
  private static final Set<String> OF_THE_DESKTOP = Set.of("thumbs.db", "desktop.ini");

  /** An image needs at most about this many bytes for a pixel, and this much beside them. */
  private static final int BYTES_PER_PIXEL = 8;

  private static final long BESIDE_PIXELS = 64L << 20;
  private static final char REPLACEMENT = '\uFFFD';

  private FileNames() {}

  /** Whether the ending is that of an image. */
  public static boolean isImage(String name) {
    return IMAGES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT))
        && name.indexOf('.') >= 0;
  }

  /** Whether it is hidden, or a file that a file manager leaves behind. */
  public static boolean isOfTheDesktop(String name) {
    return name.startsWith(".") || OF_THE_DESKTOP.contains(name.toLowerCase(Locale.ROOT));
  }

  /**
   * The name of a file. Java shows the letters that the locale lacks as one and the same sign; then
   * the bytes of the name are read as UTF-8, or percent-encoded where they are not that either.
   */
  public static String text(Path name) {
    String text = name.toString();
    if (text.indexOf(REPLACEMENT) < 0) {
      return text;
    }
    String encoded = name.toAbsolutePath().toUri().getRawPath();
    while (encoded.endsWith("/")) {
      encoded = encoded.substring(0, encoded.length() - 1);
    }
    encoded = encoded.substring(encoded.lastIndexOf('/') + 1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < encoded.length(); i++) {
      boolean escaped = encoded.charAt(i) == '%';
      bytes.write(escaped ? Integer.parseInt(encoded, i + 1, i + 3, 16) : encoded.charAt(i));
      i += escaped ? 2 : 0;
    }
    try {
      ByteBuffer whole = ByteBuffer.wrap(bytes.toByteArray());
      return StandardCharsets.UTF_8.newDecoder().decode(whole).toString();
    } catch (CharacterCodingException e) {
      return encoded;
    }
  }

  /** The file of an id, or none where the locale has no letters for it. */
  static Optional<Path> resolve(Path root, String id) {
    try {
      return Optional.of(root.resolve(id));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** What is known of a file but its content, or none where it cannot be looked at. */
  static Optional<BasicFileAttributes> attributes(Path file) {
    try {
      return Optional.of(Files.readAttributes(file, BasicFileAttributes.class));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * The content of a file, or an error where no image of {@code maxPixels} could be as large.
   *
   * @throws IOException also where it is no regular file: a pipe would never end
   */
  static byte[] read(Path file, long maxPixels) throws IOException {
    long size = Files.size(file);
    if (!Files.isRegularFile(file)) {
      throw new IOException("it is no regular file");
    }
    if ((size - BESIDE_PIXELS) / BYTES_PER_PIXEL > maxPixels || size > Integer.MAX_VALUE / 2) {
      throw new IOException("its " + size + " bytes are more than data.max-pixels allows");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readAllBytes();
    }
  }
}
