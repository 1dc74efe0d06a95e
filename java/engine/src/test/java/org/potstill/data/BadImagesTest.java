package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BadImagesTest {

  private static final long MAX_PIXELS = 1_000_000;

  private static String refused(byte[] bytes) {
    BadImageException error =
        assertThrows(BadImageException.class, () -> ImageDecoder.decode("it", bytes, MAX_PIXELS));
    assertEquals("it", error.id());
    return error.getMessage();
  }

  private static void assertRefused(String reason, byte[] bytes) {
    String message = refused(bytes);
    assertTrue(message.contains(reason), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void emptyFile() {
    assertRefused("the file is empty", new byte[0]);
  }

  @Test
  void textFile() {
    assertRefused(
        "not a JPEG, PNG, WebP or BMP", "not an image at all".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void otherImageFormat() {
    assertRefused("not a JPEG, PNG, WebP or BMP", "GIF89a.....".getBytes(StandardCharsets.UTF_8));
  }

  /** Whatever a decoder would make of them: every proper beginning of a file is refused. */
  @ParameterizedTest
  @ValueSource(strings = {".jpg", ".png", ".bmp", ".webp"})
  void everyShorterFileIsRefused(String ending) {
    byte[] whole = TestImages.encode(ending, 40, 30);
    for (int length = 1; length < whole.length; length += length < 40 ? 1 : 7) {
      refused(Arrays.copyOf(whole, length));
    }
    refused(Arrays.copyOf(whole, whole.length - 1));
  }

  @Test
  void jpegCutInHalfEndsEarly() {
    byte[] whole = TestImages.encode(".jpg", 400, 300);
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    assertRefused("ends early", half);
    assertRefused("no end-of-image marker", Arrays.copyOf(whole, whole.length - 2));
    half[half.length - 2] = (byte) 0xFF;
    half[half.length - 1] = (byte) 0xD9;
    assertRefused("ends early: blocks of the picture are missing", half);
  }

  @Test
  void progressiveJpegCutInHalfEndsEarly() {
    byte[] whole = TestImages.encodeProgressive(400, 300);
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    assertRefused("no end-of-image marker", half);
    half[half.length - 2] = (byte) 0xFF;
    half[half.length - 1] = (byte) 0xD9;
    assertRefused("ends early: blocks of the picture are missing", half);
  }

  @Test
  void damagedBlocksOfJpegAreRefused() {
    byte[] whole = TestImages.encode(".jpg", 400, 300);
    Arrays.fill(whole, whole.length / 2, whole.length / 2 + 8, (byte) 0);
    Arrays.fill(whole, whole.length / 2 + 8, whole.length / 2 + 400, (byte) 0xFE);
    refused(whole);
  }

  @Test
  void endOfThePreviewDoesNotCountAsTheEnd() {
    byte[] preview = TestImages.encode(".jpg", 8, 8);
    byte[] plain = TestImages.encode(".jpg", 400, 300);
    byte[] segment = new byte[preview.length + 4];
    segment[0] = (byte) 0xFF;
    segment[1] = (byte) 0xE2;
    segment[2] = (byte) ((preview.length + 2) >> 8);
    segment[3] = (byte) (preview.length + 2);
    System.arraycopy(preview, 0, segment, 4, preview.length);
    byte[] whole = new byte[plain.length + segment.length];
    System.arraycopy(plain, 0, whole, 0, 2);
    System.arraycopy(segment, 0, whole, 2, segment.length);
    System.arraycopy(plain, 2, whole, 2 + segment.length, plain.length - 2);
    assertRefused("ends early", Arrays.copyOf(whole, whole.length / 2));
  }

  @Test
  void hugeHeaderIsRefusedBeforeDecoding() {
    assertRefused("30000 x 30000 pixels are more", TestImages.pngHeader(30_000, 30_000));
    byte[] jpeg = TestImages.encode(".jpg", 16, 16);
    for (int i = 0; i < jpeg.length; i++) {
      if (jpeg[i] == (byte) 0xFF && jpeg[i + 1] == (byte) 0xC0) {
        Arrays.fill(jpeg, i + 5, i + 9, (byte) 0x75);
        break;
      }
    }
    assertRefused("30069 x 30069 pixels are more", jpeg);
    byte[] bmp = TestImages.encode(".bmp", 16, 16);
    bmp[18] = bmp[19] = 0x75;
    bmp[20] = bmp[21] = 0;
    bmp[22] = bmp[23] = 0x75;
    bmp[24] = bmp[25] = 0;
    assertRefused("30069 x 30069 pixels are more", bmp);
  }

  @Test
  void limitIsInPixelsAndIncluded() throws BadImageException {
    byte[] image = TestImages.encode(".png", 10, 10);
    assertEquals(10, ImageDecoder.decode("it", image, 100).width());
    assertThrows(BadImageException.class, () -> ImageDecoder.decode("it", image, 99));
  }

  @Test
  void imagesWithoutPixelsAreRefused() {
    assertRefused("0 x 5 pixels", TestImages.pngHeader(0, 5));
  }

  @ParameterizedTest
  @CsvSource({"16,header", "50,checksum"})
  void flippedBitOfPngIsRefused(int at, String where) {
    byte[] png = TestImages.encode(".png", 40, 30);
    png[at] ^= 4;
    refused(png);
  }

  /** No reader looks at that checksum. */
  @Test
  void flippedBitOfAPaletteIsRefused() {
    byte[] png = TestImages.encode("png", new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_INDEXED));
    png[new String(png, StandardCharsets.ISO_8859_1).indexOf("PLTE") + 10] ^= 4;
    assertRefused("the checksum of its chunk PLTE is wrong", png);
  }

  @Test
  void shorterBitmapsOfEveryKindAreRefused() {
    BufferedImage indexed = new BufferedImage(40, 30, BufferedImage.TYPE_BYTE_INDEXED);
    BufferedImage fields = new BufferedImage(40, 30, BufferedImage.TYPE_USHORT_565_RGB);
    BufferedImage bits = new BufferedImage(40, 30, BufferedImage.TYPE_BYTE_BINARY);
    for (byte[] file :
        List.of(
            TestImages.firstBitmap(TestImages.gradient(41, 30)),
            TestImages.bitmap(indexed, "BI_RLE8"),
            TestImages.bitmap(fields, "BI_BITFIELDS"),
            TestImages.encode("bmp", bits),
            TestImages.encode("bmp", indexed))) {
      assertRefused("ends early: it promises " + file.length, Arrays.copyOf(file, file.length - 1));
    }
  }

  @ParameterizedTest
  @CsvSource({"14,39", "14,125", "28,5", "30,1", "30,2", "30,3", "30,4"})
  void bitmapsOfUnknownKindsAreRefused(int at, int value) {
    byte[] bitmap = TestImages.encode(".bmp", 40, 30);
    bitmap[at] = (byte) value;
    assertRefused("its header makes no sense", bitmap);
  }

  @Test
  void pngWithTooFewPixelsIsRefused() {
    byte[] small = TestImages.encode(".png", 40, 30);
    byte[] taller = TestImages.pngHeader(40, 31);
    System.arraycopy(taller, 0, small, 0, taller.length);
    assertRefused("ends early: pixels are missing", small);
  }

  @Test
  void pngWhoseCompressedPixelsAreDamagedIsNotToldToEndEarly() {
    byte[] header = TestImages.pngHeader(40, 30);
    byte[] pixels = TestImages.chunk("IDAT", "no compressed data".getBytes(StandardCharsets.UTF_8));
    byte[] end = TestImages.chunk("IEND", new byte[0]);
    byte[] png =
        ByteBuffer.allocate(header.length + pixels.length + end.length)
            .put(header)
            .put(pixels)
            .put(end)
            .array();
    String message = refused(png);
    assertTrue(message.contains("cannot be decoded"), message);
    assertFalse(message.contains("ends early"), message);
  }

  @Test
  void damagedHeadersNeverEscapeAsOtherErrors() {
    List<byte[]> files =
        List.of(
            TestImages.encode(".jpg", 24, 24),
            TestImages.encode(".png", 24, 24),
            TestImages.encode(".webp", 24, 24),
            TestImages.encode(".bmp", 24, 24));
    for (byte[] file : files) {
      for (int at = 0; at < Math.min(file.length, 100); at++) {
        byte[] damaged = file.clone();
        damaged[at] = (byte) ~damaged[at];
        try {
          ImageDecoder.decode("it", damaged, MAX_PIXELS);
        } catch (BadImageException e) {
          assertEquals(1, e.getMessage().lines().count());
        }
      }
    }
  }
}
