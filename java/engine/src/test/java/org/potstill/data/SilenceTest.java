package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.testing.ForkedJvm;

/** Native decoders write to the standard error stream behind Java's back. */
class SilenceTest {

  @TempDir Path folder;

  /** Decodes good, odd and bad images; prints how many of each. */
  public static void main(String[] args) {
    int good = 0;
    int bad = 0;
    for (String ending : new String[] {".jpg", ".png", ".webp", ".bmp"}) {
      byte[] whole = TestImages.encode(ending, 40, 30);
      for (int at = -1; at < whole.length; at += at < 60 ? 1 : 13) {
        byte[] damaged = whole.clone();
        if (at >= 0) {
          damaged[at] ^= (byte) 0xA5;
        }
        for (byte[] file : new byte[][] {damaged, Arrays.copyOf(damaged, damaged.length / 2)}) {
          try {
            ImageDecoder.decode("it", file, 10_000);
            good++;
          } catch (BadImageException e) {
            bad++;
          }
        }
      }
    }
    byte[] profile = "not a colour profile".getBytes(StandardCharsets.US_ASCII);
    byte[] odd = TestImages.withChunk(TestImages.encode(".png", 9, 9), "iCCP", profile);
    try {
      ImageDecoder.decode("it", odd, 10_000);
      good++;
    } catch (BadImageException e) {
      bad++;
    }
    for (byte[] file : surplusFiles()) {
      try {
        ImageDecoder.decode("it", file, 10_000);
      } catch (BadImageException e) {
        throw new IllegalStateException(e);
      }
    }
    System.out.println((good > 4) + " " + (bad > 300));
  }

  private static List<byte[]> surplusFiles() {
    int[] surplus = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    byte[] plain = TestImages.encode(".jpg", 40, 30);
    return List.of(
        TestImages.withSurplus(TestImages.encodeProgressive(40, 30), surplus),
        TestImages.withSurplus(TestImages.encodeProgressive(40, 30), 7, 0xFF, 0, 9, 0xFF),
        TestImages.withSurplus(TestImages.withComponents(plain, 'a', 'b', 'c'), surplus),
        TestImages.withSurplus(plain, surplus));
  }

  @Test
  void decodersPrintNothing() throws Exception {
    ForkedJvm.Outcome result = new ForkedJvm(folder).run(SilenceTest.class.getName());
    assertEquals("", result.err());
    assertEquals("true true", result.out().strip());
  }
}
