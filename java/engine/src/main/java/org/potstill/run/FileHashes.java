package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;

/**
 * SHA-256 of files of weights, which are large and asked for several times: a process reads each
 * once, as long as its place, size, inode and time of change stay the same.
 */
public final class FileHashes {

  private static final Map<Version, String> KNOWN = new ConcurrentHashMap<>();

  private FileHashes() {}

  private record Version(Path file, String inode, long size, FileTime changed) {}

  /**
   * SHA-256 of the content of {@code file}, in hexadecimal.
   *
   * @throws InputException where it cannot be read
   */
  public static String of(Path file) {
    return KNOWN.computeIfAbsent(version(file), version -> Fingerprint.ofFile(file));
  }

  private static Version version(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return new Version(
          file.toAbsolutePath(), "" + now.fileKey(), now.size(), now.lastModifiedTime());
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
  }
}
