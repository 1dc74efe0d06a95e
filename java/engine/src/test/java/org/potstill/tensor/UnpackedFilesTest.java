package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackedFilesTest {

  private static final String JAR = "natives.jar";
  private static final String NAME = "library.so";
  private static final long TIME = 1_700_000_000_000L;
  private static final long HOUR = 3_600_000;

  @TempDir Path cache;

  private JarFile jar() throws IOException {
    Path file = Files.createDirectory(cache.resolve("lib")).resolve(JAR);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file))) {
      JarEntry entry = new JarEntry(NAME);
      entry.setTime(TIME);
      out.putNextEntry(entry);
      out.write(new byte[] {1, 2, 3});
    }
    return new JarFile(file.toFile());
  }

  /** What is mended after a process whose clock is nine hours behind unpacked this. */
  private Path mended(byte... content) throws IOException {
    Path file = Files.createDirectory(cache.resolve(JAR)).resolve(NAME);
    Files.write(file, content);
    assertTrue(file.toFile().setLastModified(TIME - 9 * HOUR));
    try (JarFile jar = jar()) {
      assertFalse(UnpackedFiles.fit(cache, jar));
      UnpackedFiles.deleteHalves(cache, jar);
      UnpackedFiles.adjustTimes(cache, jar);
    }
    return file;
  }

  @Test
  void whatWasUnpackedInAnotherTimeZoneGetsTheTimeOfThisOne() throws Exception {
    assertEquals(TIME, mended((byte) 1, (byte) 2, (byte) 3).toFile().lastModified());
  }

  @Test
  void otherContentKeepsItsTimeAndIsUnpackedAgain() throws Exception {
    Path file = mended((byte) 1, (byte) 2, (byte) 4);
    assertEquals(TIME - 9 * HOUR, file.toFile().lastModified());
  }

  @Test
  void whatIsNotWholeIsDeleted() throws Exception {
    assertFalse(Files.exists(mended((byte) 1)));
  }
}
