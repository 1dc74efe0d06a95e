package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackedCopyTest {

  private static final long SAME_TIME = 1_700_000_000_000L;

  @TempDir Path folder;

  /** A jar of one name whatever the folder, as a newer version has that of the older one. */
  private URL packed(String version, String content) throws IOException {
    Path jar =
        Files.createDirectory(folder.resolve(version)).resolve(folder.getFileName() + ".jar");
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      ZipEntry entry = new ZipEntry("linux/libx.so");
      entry.setTime(SAME_TIME);
      zip.putNextEntry(entry);
      zip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return URI.create("jar:" + jar.toUri() + "!/linux/libx.so").toURL();
  }

  private static String unpacked(URL packed) throws IOException {
    return Files.readString(Loader.cacheResource(packed).toPath());
  }

  @Test
  void aCopyOfAnotherVersionIsReplacedAndOneOfTheSameStays() throws IOException {
    URL old = packed("old", "version 1");
    URL now = packed("new", "version 2");
    assertEquals("version 1", unpacked(old));
    assertEquals("version 1", unpacked(now), "what makes this class necessary");
    UnpackedCopy.refresh(now);
    assertEquals("version 2", unpacked(now));
    Path copy = Loader.cacheResource(now).toPath();
    Object before = Files.getAttribute(copy, "unix:ino");
    UnpackedCopy.refresh(now);
    assertEquals(before, Files.getAttribute(copy, "unix:ino"), "it is not unpacked again");
    Files.delete(copy);
    Files.delete(copy.getParent());
    Files.delete(copy.getParent().getParent());
  }

  @Test
  void whatIsInNoJarIsLeftAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("libx.so"), "built here");
    UnpackedCopy.refresh(file.toUri().toURL());
    UnpackedCopy.refresh(null);
    assertEquals("built here", Files.readString(file));
  }
}
