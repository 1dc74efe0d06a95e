package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {

  private static final int LOSSY = 12;

  private static RawImage decode(byte[] bytes) throws BadImageException {
    return ImageDecoder.decode("it", bytes, 1_000_000);
  }

  private static int[] rgb(RawImage image, int x, int y) {
    int at = (y * image.width() + x) * 3;
    byte[] pixels = image.pixels();
    return new int[] {pixels[at] & 0xFF, pixels[at + 1] & 0xFF, pixels[at + 2] & 0xFF};
  }

  private static void assertColour(int[] expected, RawImage image, int x, int y, int within) {
    int[] found = rgb(image, x, y);
    for (int c = 0; c < 3; c++) {
      assertEquals(expected[c], found[c], within, "channel " + c + " at " + x + ", " + y);
    }
  }

  private static void assertSame(RawImage expected, RawImage actual, int within) {
    assertEquals(expected.width(), actual.width());
    assertEquals(expected.height(), actual.height());
    assertEquals(3, actual.channels());
    for (int i = 0; i < expected.pixels().length; i++) {
      assertEquals(expected.pixels()[i] & 0xFF, actual.pixels()[i] & 0xFF, within, "byte " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({".png,0", ".bmp,0", ".jpg,12", ".webp,12"})
  void decodesEveryFormatToRgb(String ending, int within) throws BadImageException {
    RawImage image = TestImages.gradient(61, 40);
    assertSame(image, decode(TestImages.encode(ending, image)), within);
  }

  private static final int[][] JPEG_LAYOUTS = {
    {},
    {opencv_imgcodecs.IMWRITE_JPEG_OPTIMIZE, 1},
    {opencv_imgcodecs.IMWRITE_JPEG_RST_INTERVAL, 2},
    {opencv_imgcodecs.IMWRITE_JPEG_PROGRESSIVE, 1},
    {opencv_imgcodecs.IMWRITE_JPEG_QUALITY, 100},
    {opencv_imgcodecs.IMWRITE_JPEG_QUALITY, 3},
    {opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111},
    {opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR, 0x121111},
    {opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR, 0x211111},
    {opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR, 0x411111}
  };

  /** Whoever decodes a file: OpenCV's libjpeg is that of Pillow. */
  private static void assertDecodedAsByOpenCv(byte[] file) throws Exception {
    assertArrayEquals(OpenCv.decode(file).pixels(), decode(file).pixels());
  }

  @ParameterizedTest
  @CsvSource({"1,1", "7,9", "16,16", "17,33", "200,3", "64,48"})
  void jpegOfAnyLayoutIsWhole(int width, int height) throws Exception {
    RawImage image = TestImages.gradient(width, height);
    for (int[] layout : JPEG_LAYOUTS) {
      byte[] jpeg = TestImages.encode(".jpg", image, layout);
      assertEquals(width, decode(jpeg).width());
      assertDecodedAsByOpenCv(jpeg);
    }
  }

  /** What the components are, decoders take from markers and names. */
  @Test
  void coloursOfJpegAreThoseOfLibjpeg() throws Exception {
    for (int sampling : new int[] {0x111111, 0x221111}) {
      byte[] jpeg =
          TestImages.encode(
              ".jpg",
              TestImages.gradient(40, 24),
              opencv_imgcodecs.IMWRITE_JPEG_SAMPLING_FACTOR,
              sampling);
      for (byte[] named : List.of(jpeg, TestImages.withComponents(jpeg, 'R', 'G', 'B'))) {
        assertDecodedAsByOpenCv(named);
        byte[] plain = TestImages.withoutJfif(named);
        assertDecodedAsByOpenCv(plain);
        for (int transform = 0; transform < 4; transform++) {
          assertDecodedAsByOpenCv(TestImages.withAdobe(named, transform));
          assertDecodedAsByOpenCv(TestImages.withAdobe(plain, transform));
        }
      }
    }
  }

  /** Frames of a video leave out the tables that every decoder of it knows. */
  @Test
  void jpegWithoutHuffmanTablesIsDecoded() throws Exception {
    byte[] plain = TestImages.encode(".jpg", 40, 24);
    byte[] frame = TestImages.withoutHuffmanTables(plain);
    assertTrue(frame.length < plain.length - 400);
    assertArrayEquals(decode(plain).pixels(), decode(frame).pixels());
  }

  /** The gradient, as cjpeg of libjpeg-turbo writes it with {@code -arithmetic}. */
  @ParameterizedTest
  @ValueSource(strings = {"arithmetic.jpg", "arithmetic-progressive.jpg"})
  void arithmeticCodesOfJpegAreDecoded(String name) throws Exception {
    assertSame(TestImages.gradient(20, 12), decode(resource(name)), LOSSY);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ImageDecoderTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  @Test
  void bytesBeforeTheEndOfAJpegAreIgnored() throws Exception {
    byte[] plain = TestImages.encode(".jpg", 40, 24);
    byte[] longer = Arrays.copyOf(plain, plain.length + 7);
    System.arraycopy(plain, plain.length - 2, longer, longer.length - 2, 2);
    Arrays.fill(longer, plain.length - 2, longer.length - 2, (byte) 0x12);
    assertArrayEquals(decode(plain).pixels(), decode(longer).pixels());
  }

  @Test
  void greyFillsAllChannels() throws Exception {
    BufferedImage grey = new BufferedImage(9, 5, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSample(3, 2, 0, 77);
    for (String format : new String[] {"png", "bmp"}) {
      RawImage image = decode(TestImages.encode(format, grey));
      assertColour(new int[] {77, 77, 77}, image, 3, 2, 0);
      assertColour(new int[] {0, 0, 0}, image, 4, 2, 0);
    }
    RawImage jpeg = decode(TestImages.encode("jpg", new BufferedImage(9, 5, grey.getType())));
    assertColour(new int[] {0, 0, 0}, jpeg, 4, 2, 1);
    BufferedImage shades = new BufferedImage(64, 16, grey.getType());
    for (int i = 0; i < 64 * 16; i++) {
      shades.getRaster().setSample(i % 64, i / 64, 0, i / 4);
    }
    assertDecodedAsByOpenCv(TestImages.encode("jpg", shades));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_BYTE_GRAY,
        BufferedImage.TYPE_USHORT_GRAY,
        BufferedImage.TYPE_BYTE_INDEXED,
        BufferedImage.TYPE_BYTE_BINARY
      })
  void pngOfAnyKindIsDecodedAsByOpenCv(int type) throws Exception {
    BufferedImage image = new BufferedImage(37, 23, type);
    for (int i = 0; i < 37 * 23; i++) {
      image.setRGB(i % 37, i / 37, i * 0x9E3779B1);
    }
    assertDecodedAsByOpenCv(TestImages.encode("png", image));
  }

  /** Grey, grey with transparency, RGB and RGBA in samples of either size. */
  @ParameterizedTest
  @CsvSource({"1,8", "2,8", "3,8", "4,8", "1,16", "2,16", "3,16", "4,16"})
  void pngOfAnySamplesIsDecodedAsByOpenCv(int bands, int bits) throws Exception {
    int space = bands < 3 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB;
    boolean clear = bands % 2 == 0;
    int type = bits == 8 ? DataBuffer.TYPE_BYTE : DataBuffer.TYPE_USHORT;
    ColorModel colours =
        new ComponentColorModel(
            ColorSpace.getInstance(space),
            clear,
            false,
            clear ? Transparency.TRANSLUCENT : Transparency.OPAQUE,
            type);
    WritableRaster raster = colours.createCompatibleWritableRaster(19, 11);
    for (int i = 0; i < 19 * 11 * bands; i++) {
      int value = (i * 0x9E3779B1) >>> (32 - bits);
      raster.setSample(i / bands % 19, i / bands / 19, i % bands, value);
    }
    assertDecodedAsByOpenCv(
        TestImages.encode("png", new BufferedImage(colours, raster, false, null)));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void indicesOfFewBitsBecomeRgb(int bits) throws Exception {
    byte[] levels = new byte[1 << bits];
    new Random(bits).nextBytes(levels);
    IndexColorModel palette = new IndexColorModel(bits, levels.length, levels, levels, levels);
    BufferedImage image = new BufferedImage(13, 7, BufferedImage.TYPE_BYTE_BINARY, palette);
    for (int i = 0; i < 13 * 7; i++) {
      image.getRaster().setSample(i % 13, i / 13, 0, i % levels.length);
    }
    byte[] png = TestImages.encode("png", image);
    assertDecodedAsByOpenCv(png);
    assertColour(
        new int[] {levels[1] & 0xFF, levels[1] & 0xFF, levels[1] & 0xFF}, decode(png), 1, 0, 0);
  }

  /** They are mistakes, but no damage: the reader gives them some colour. */
  @Test
  void indicesBeyondThePaletteAreDecoded() throws Exception {
    byte[] levels = {10, 20, 30, 40};
    IndexColorModel palette = new IndexColorModel(8, 4, levels, levels, levels);
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_INDEXED, palette);
    image.getRaster().setSample(0, 0, 0, 3);
    image.getRaster().setSample(1, 0, 0, 200);
    assertColour(new int[] {40, 40, 40}, decode(TestImages.encode("png", image)), 0, 0, 0);
  }

  /** What is said of a palette is not needed where colours are no indices. */
  @Test
  void suggestedPalettesAndOddChunksAreIgnored() throws Exception {
    byte[] plain = TestImages.encode(".png", 20, 20);
    byte[] odd = TestImages.withChunk(plain, "PLTE", new byte[] {1, 2, 3, 4, 5});
    odd = TestImages.withChunk(odd, "tRNS", new byte[] {1});
    odd = TestImages.withChunk(odd, "zTXt", new byte[] {'a', 0, 0, 77, 78});
    assertArrayEquals(decode(plain).pixels(), decode(odd).pixels());
  }

  @Test
  void transparencyIsDroppedNotBlended() throws BadImageException {
    BufferedImage clear = new BufferedImage(4, 4, BufferedImage.TYPE_INT_ARGB);
    clear.setRGB(1, 2, new Color(10, 200, 30, 0).getRGB());
    clear.setRGB(2, 2, new Color(10, 200, 30, 128).getRGB());
    RawImage image = decode(TestImages.encode("png", clear));
    assertColour(new int[] {10, 200, 30}, image, 1, 2, 0);
    assertColour(new int[] {10, 200, 30}, image, 2, 2, 0);
  }

  @Test
  void sixteenBitsKeepTheUpperEight() throws BadImageException {
    BufferedImage deep = new BufferedImage(4, 4, BufferedImage.TYPE_USHORT_GRAY);
    WritableRaster raster = deep.getRaster();
    raster.setSample(0, 0, 0, 0xABCD);
    raster.setSample(1, 0, 0, 0x00FF);
    RawImage image = decode(TestImages.encode("png", deep));
    assertColour(new int[] {0xAB, 0xAB, 0xAB}, image, 0, 0, 0);
    assertColour(new int[] {0, 0, 0}, image, 1, 0, 0);
  }

  @Test
  void palettesAndSingleBitsBecomeRgb() throws BadImageException {
    BufferedImage indexed = new BufferedImage(6, 6, BufferedImage.TYPE_BYTE_INDEXED);
    Graphics2D graphics = indexed.createGraphics();
    graphics.setColor(new Color(255, 0, 51));
    graphics.fillRect(0, 0, 3, 6);
    graphics.dispose();
    BufferedImage binary = new BufferedImage(6, 6, BufferedImage.TYPE_BYTE_BINARY);
    binary.setRGB(5, 5, 0xFFFFFF);
    for (String format : new String[] {"png", "bmp"}) {
      assertColour(new int[] {255, 0, 51}, decode(TestImages.encode(format, indexed)), 1, 1, 0);
      RawImage bits = decode(TestImages.encode(format, binary));
      assertColour(new int[] {255, 255, 255}, bits, 5, 5, 0);
      assertColour(new int[] {0, 0, 0}, bits, 4, 5, 0);
    }
  }

  @Test
  void bitmapsOfEveryKindAreDecoded() throws BadImageException {
    RawImage gradient = TestImages.gradient(14, 7);
    byte[] plain = TestImages.encode(".bmp", gradient);
    assertSame(gradient, decode(TestImages.firstBitmap(gradient)), 0);
    BufferedImage indexed = new BufferedImage(14, 7, BufferedImage.TYPE_BYTE_INDEXED);
    BufferedImage sixteen = new BufferedImage(14, 7, BufferedImage.TYPE_BYTE_BINARY, palette());
    BufferedImage fields = new BufferedImage(14, 7, BufferedImage.TYPE_USHORT_565_RGB);
    for (int i = 0; i < 14 * 7; i++) {
      int[] rgb = rgb(gradient, i % 14, i / 14);
      fields.setRGB(i % 14, i / 14, new Color(rgb[0], rgb[1], rgb[2]).getRGB());
      indexed.setRGB(i % 14, i / 14, i % 3 == 0 ? 0xFF0033 : 0xFFFFFF);
      sixteen.getRaster().setSample(i % 14, i / 14, 0, i % 3);
    }
    // Five or six bits of every colour, rounded by the writer.
    assertSame(gradient, decode(TestImages.bitmap(fields, "BI_BITFIELDS")), 8);
    assertSame(
        decode(TestImages.encode("png", indexed)),
        decode(TestImages.bitmap(indexed, "BI_RLE8")),
        0);
    // Of an even width: the writer makes mistakes in others.
    assertSame(
        decode(TestImages.encode("png", sixteen)),
        decode(TestImages.bitmap(sixteen, "BI_RLE4")),
        0);
    // A negative height: rows from the top.
    ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN).putInt(22, -7);
    RawImage turned = decode(plain);
    assertColour(rgb(gradient, 3, 0), turned, 3, 6, 0);
    assertColour(rgb(gradient, 3, 6), turned, 3, 0, 0);
  }

  /**
   * Colours of five and six bits, as Pillow 12 makes them of the same files: whole, rounded down.
   */
  @ParameterizedTest
  @CsvSource({
    "565,31,63,31,255,255,255",
    "565,1,2,30,8,8,246",
    "565,5,1,26,41,4,213",
    "565,0,62,0,0,250,0",
    "555,31,31,31,255,255,255",
    "555,1,7,30,8,57,246",
    "555,5,3,26,41,24,213"
  })
  void bitmapsOfSixteenBitsHaveWholeColours(
      int kind, int red, int green, int blue, int r, int g, int b) throws BadImageException {
    boolean wide = kind == 565;
    BufferedImage image =
        new BufferedImage(
            2, 3, wide ? BufferedImage.TYPE_USHORT_565_RGB : BufferedImage.TYPE_USHORT_555_RGB);
    int value = red << (wide ? 11 : 10) | green << 5 | blue;
    image.getRaster().setDataElements(1, 2, new short[] {(short) value});
    RawImage decoded = decode(TestImages.bitmap(image, wide ? "BI_BITFIELDS" : "BI_RGB"));
    assertColour(new int[] {r, g, b}, decoded, 1, 2, 0);
    assertColour(new int[] {0, 0, 0}, decoded, 0, 0, 0);
  }

  private static IndexColorModel palette() {
    byte[] levels = new byte[16];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (17 * i);
    }
    return new IndexColorModel(4, levels.length, levels, levels, levels);
  }

  /** Colours that Pillow 12 makes of the same files. */
  @Test
  void fourInksBecomeRgbAsInPillow() throws Exception {
    byte[] cmyk = resource("cmyk.jpg");
    assertColour(new int[] {49, 190, 216}, decode(cmyk), 3, 3, 2);
    assertColour(new int[] {152, 68, 23}, decode(cmyk), 12, 12, 2);
    int adobe = new String(cmyk, StandardCharsets.ISO_8859_1).indexOf("Adobe");
    byte[] ycck = cmyk.clone();
    ycck[adobe + 11] = 2;
    assertColour(new int[] {32, 225, 41}, decode(ycck), 3, 3, 2);
    assertColour(new int[] {97, 0, 39}, decode(ycck), 12, 12, 2);
    ByteArrayOutputStream without = new ByteArrayOutputStream();
    without.write(cmyk, 0, adobe - 4);
    without.write(cmyk, adobe + 12, cmyk.length - adobe - 12);
    assertColour(new int[] {49, 190, 216}, decode(without.toByteArray()), 3, 3, 2);
  }

  /** Where the corner that is stored at the top left belongs. */
  @ParameterizedTest
  @CsvSource({
    "1,left,top", "2,right,top", "3,right,bottom", "4,left,bottom",
    "5,left,top", "6,right,top", "7,right,bottom", "8,left,bottom"
  })
  void orientationIsApplied(int orientation, String side, String end) throws BadImageException {
    RawImage stored = TestImages.gradient(40, 24);
    byte[] plain = TestImages.encode(".jpg", stored);
    for (boolean little : new boolean[] {true, false}) {
      RawImage image = decode(TestImages.withOrientation(plain, orientation, little));
      assertEquals(orientation >= 5 ? 24 : 40, image.width());
      assertEquals(orientation >= 5 ? 40 : 24, image.height());
      int x = side.equals("left") ? 0 : image.width() - 1;
      int y = end.equals("top") ? 0 : image.height() - 1;
      assertColour(rgb(stored, 0, 0), image, x, y, LOSSY);
      // The stored bottom left corner tells turned and mirrored pictures apart.
      boolean sideways = orientation >= 5;
      int beyondX = sideways ? image.width() - 1 - x : x;
      int beyondY = sideways ? y : image.height() - 1 - y;
      assertColour(rgb(stored, 0, 23), image, beyondX, beyondY, LOSSY);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 255})
  void orientationsThatDoNotExistAreIgnored(int orientation) throws BadImageException {
    byte[] plain = TestImages.encode(".jpg", 40, 24);
    RawImage image = decode(TestImages.withOrientation(plain, orientation, true));
    assertArrayEquals(decode(plain).pixels(), image.pixels());
  }

  @Test
  void orientationOfPngIsApplied() throws BadImageException {
    RawImage stored = TestImages.gradient(7, 3);
    byte[] png =
        TestImages.withChunk(TestImages.encode(".png", stored), "eXIf", TestImages.tiff(6, false));
    RawImage image = decode(png);
    assertEquals(3, image.width());
    assertColour(rgb(stored, 0, 0), image, 2, 0, 0);
  }

  @Test
  void orientationOfWebpIsApplied() throws BadImageException, IOException {
    RawImage stored = TestImages.gradient(40, 24);
    byte[] plain = TestImages.encode(".webp", stored);
    byte[] tiff = TestImages.tiff(8, true);
    ByteBuffer out = ByteBuffer.allocate(plain.length + 18 + 8 + tiff.length);
    out.order(ByteOrder.LITTLE_ENDIAN);
    out.put(plain, 0, 4).putInt(out.capacity() - 8).put(plain, 8, 4);
    out.put("VP8X".getBytes(StandardCharsets.US_ASCII)).putInt(10).putInt(8);
    out.put(new byte[] {39, 0, 0, 23, 0, 0}).put(plain, 12, plain.length - 12);
    out.put("EXIF".getBytes(StandardCharsets.US_ASCII)).putInt(tiff.length);
    out.put(tiff);
    RawImage image = decode(out.array());
    assertEquals(24, image.width());
    assertColour(rgb(stored, 0, 0), image, 0, 39, LOSSY);
  }

  @Test
  void whatFollowsTheEndOfAnImageIsIgnored() throws BadImageException {
    for (String ending : new String[] {".jpg", ".png", ".bmp", ".webp"}) {
      byte[] plain = TestImages.encode(ending, 20, 20);
      byte[] longer = Arrays.copyOf(plain, plain.length + 100);
      assertArrayEquals(decode(plain).pixels(), decode(longer).pixels());
    }
  }

  @Test
  void interlacedPngIsDecoded() throws Exception {
    RawImage image = decode(resource("interlaced.png"));
    assertEquals(13, image.width());
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        assertColour(new int[] {x * 19, y * 36, 7}, image, x, y, 0);
      }
    }
  }

  @Test
  void surplusBytesBeforeTheEndOfAJpegChangeNoPixel() throws BadImageException {
    byte[] plain = TestImages.encode(".jpg", 40, 30);
    for (byte[] file :
        List.of(
            TestImages.encodeProgressive(40, 30),
            TestImages.withComponents(plain, 'a', 'b', 'c'),
            plain)) {
      byte[] more = TestImages.withSurplus(file, 1, 2, 3, 0xFF, 0, 0xFF, 0, 4);
      assertArrayEquals(
          ImageDecoder.decode("it", file, 10_000).pixels(),
          ImageDecoder.decode("it", more, 10_000).pixels());
    }
  }
}
