package org.potstill.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What JavaCPP unpacked from a jar. */
final class UnpackedFiles {

  private static final Logger LOG = LoggerFactory.getLogger(UnpackedFiles.class);
  private static final String LOCK = ".lock";

  private UnpackedFiles() {}

  /** Where JavaCPP puts what comes from {@code jar}. */
  static Path folder(Path cache, JarFile jar) {
    return cache.resolve(Path.of(jar.getName()).getFileName());
  }

  /** Whether a file has the length of the entry that it was unpacked from. */
  static boolean isWhole(Path file, JarEntry entry) throws IOException {
    return entry.getSize() == Files.size(file);
  }

  /** Whether a file has the time of its entry, without which JavaCPP unpacks it again. */
  static boolean isOfThisTimeZone(Path file, JarEntry entry) {
    return file.toFile().lastModified() == entry.getTime();
  }

  /** What is done with a file and the entry of the jar that it was unpacked from. */
  private interface Use {
    void of(Path file, JarEntry entry) throws IOException;
  }

  /** Deletes what was unpacked from {@code jar} and is not whole. */
  static void deleteHalves(Path cache, JarFile jar) throws IOException {
    if (!Files.isDirectory(folder(cache, jar))) {
      return;
    }
    // JavaCPP's own locks: the file is held by a process that is unpacking, the monitor by
    // another class loader of this one, which Java does not let wait for the file.
    synchronized (Runtime.getRuntime()) {
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        forEach(
            cache,
            jar,
            (file, entry) -> {
              if (!isWhole(file, entry)) {
                LOG.debug("{} is incomplete and unpacked again", file);
                Files.delete(file);
              }
            });
      }
    }
  }

  /** Whether JavaCPP would unpack none of what was unpacked from {@code jar} again. */
  static boolean fit(Path cache, JarFile jar) throws IOException {
    boolean[] fit = {true};
    forEach(
        cache,
        jar,
        (file, entry) -> fit[0] &= isWhole(file, entry) && isOfThisTimeZone(file, entry));
    return fit[0];
  }

  /**
   * Gives what was unpacked from {@code jar} the times that its entries have for this process. A
   * jar holds local times: without this, a process in another time zone would unpack everything
   * again. Files with other content are left to be.
   */
  static void adjustTimes(Path cache, JarFile jar) throws IOException {
    forEach(
        cache,
        jar,
        (file, entry) -> {
          if (!isOfThisTimeZone(file, entry) && checksum(file) == entry.getCrc()) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(entry.getTime()));
          }
        });
  }

  private static void forEach(Path cache, JarFile jar, Use use) throws IOException {
    Path folder = folder(cache, jar);
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        JarEntry entry = jar.getJarEntry(folder.relativize(file).toString());
        if (entry != null) {
          use.of(file, entry);
        }
      }
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
