package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.testing.ForkedJvm;

/** An image that is too large for the heap is none that may be left out as bad. */
class SmallHeapTest {

  private static final int SIDE = 8000;

  @TempDir Path folder;

  /** Decodes a file and prints what is thrown. */
  public static void main(String[] args) throws IOException {
    byte[] file = Files.readAllBytes(Path.of(args[0]));
    try {
      ImageDecoder.decode("it", file, (long) SIDE * SIDE);
      System.out.println("nothing");
    } catch (BadImageException | OutOfMemoryError e) {
      System.out.println(e.getClass().getSimpleName());
    }
  }

  @Test
  void lackOfMemoryIsNoDamageOfThePng() throws Exception {
    ByteArrayOutputStream rows = new ByteArrayOutputStream();
    try (DeflaterOutputStream packed = new DeflaterOutputStream(rows)) {
      for (int y = 0; y < SIDE; y++) {
        packed.write(new byte[1 + 3 * SIDE]);
      }
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(TestImages.pngHeader(SIDE, SIDE));
    png.writeBytes(TestImages.chunk("IDAT", rows.toByteArray()));
    png.writeBytes(TestImages.chunk("IEND", new byte[0]));
    Path file = Files.write(folder.resolve("large.png"), png.toByteArray());
    ForkedJvm.Outcome result =
        new ForkedJvm(folder).option("-Xmx48m").run(SmallHeapTest.class.getName(), file.toString());
    assertEquals("OutOfMemoryError", result.out().strip(), result.err());
  }
}
