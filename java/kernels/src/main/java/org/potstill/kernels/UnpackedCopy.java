package org.potstill.kernels;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.bytedeco.javacpp.Loader;

/**
 * What an earlier jar left in the cache of native libraries. JavaCPP takes a copy there for the
 * packed file where name, size and time are the same. Reproducible builds give every file one time,
 * and libraries are padded to whole pages, so that the copy may well be of another version.
 */
final class UnpackedCopy {

  private UnpackedCopy() {}

  /**
   * Deletes the copy of a packed file whose content is another, so that it is unpacked anew; does
   * nothing for a file that is in no jar.
   *
   * @param packed may be null
   */
  static void refresh(URL packed) {
    try {
      URLConnection connection = packed == null ? null : packed.openConnection();
      if (connection instanceof JarURLConnection jar) {
        File copy = Loader.cacheResource(packed);
        if (copy != null && checksum(copy.toPath()) != jar.getJarEntry().getCrc()) {
          Files.deleteIfExists(copy.toPath());
        }
      }
    } catch (IOException e) {
      // A cache that cannot be read is told by what loads the library from it. In one that cannot
      // be written the old copy stays, and only another version of the ABI shows.
    }
  }

  private static long checksum(Path file) throws IOException {
    CRC32 checksum = new CRC32();
    try (InputStream content = new CheckedInputStream(Files.newInputStream(file), checksum)) {
      content.transferTo(OutputStream.nullOutputStream());
    }
    return checksum.getValue();
  }
}
