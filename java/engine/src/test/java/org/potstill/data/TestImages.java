package org.potstill.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/** Makes images and image files for tests. */
final class TestImages {

  private TestImages() {}

  /** A smooth RGB picture whose corners differ, so that turning it shows. */
  static RawImage gradient(int width, int height) {
    byte[] pixels = new byte[width * height * 3];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * 3;
        pixels[at] = (byte) (255 * x / Math.max(1, width - 1));
        pixels[at + 1] = (byte) (255 * y / Math.max(1, height - 1));
        pixels[at + 2] = (byte) (128 + 64 * x / width);
      }
    }
    return new RawImage(width, height, 3, pixels);
  }

  /** A file in the format of {@code ending} ({@code .jpg}, {@code .png}, {@code .webp}...). */
  static byte[] encode(String ending, RawImage image) {
    return encode(ending, image, new int[0]);
  }

  /** A progressive JPEG file with a restart marker in every row of blocks. */
  static byte[] encodeProgressive(int width, int height) {
    int[] options = {
      opencv_imgcodecs.IMWRITE_JPEG_PROGRESSIVE, 1, opencv_imgcodecs.IMWRITE_JPEG_RST_INTERVAL, 4
    };
    return encode(".jpg", gradient(width, height), options);
  }

  /** A JPEG file with bytes before the marker of its end that are no part of the picture. */
  static byte[] withSurplus(byte[] jpeg, int... surplus) {
    ByteBuffer out = ByteBuffer.allocate(jpeg.length + surplus.length);
    out.put(jpeg, 0, jpeg.length - 2);
    for (int value : surplus) {
      out.put((byte) value);
    }
    return out.put(jpeg, jpeg.length - 2, 2).array();
  }

  /** A file with options of OpenCV's encoder. */
  static byte[] encode(String ending, RawImage image, int... options) {
    byte[] bgr = image.pixels().clone();
    for (int i = 0; i < bgr.length; i += 3) {
      byte red = bgr[i];
      bgr[i] = bgr[i + 2];
      bgr[i + 2] = red;
    }
    try (BytePointer data = new BytePointer(bgr);
        Mat mat = new Mat(image.height(), image.width(), opencv_core.CV_8UC3, data);
        IntPointer pairs = new IntPointer(options);
        BytePointer file = new BytePointer()) {
      if (!opencv_imgcodecs.imencode(ending, mat, file, pairs)) {
        throw new IllegalStateException("no encoder for " + ending);
      }
      byte[] bytes = new byte[Math.toIntExact(file.limit())];
      file.get(bytes);
      return bytes;
    }
  }

  /** A file in the format of {@code ending} with a picture of that size. */
  static byte[] encode(String ending, int width, int height) {
    return encode(ending, gradient(width, height));
  }

  /** A file that ImageIO writes. */
  static byte[] encode(String format, BufferedImage image) {
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalStateException("no encoder for " + format);
      }
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A BMP file that ImageIO writes, compressed as it calls it: BI_RLE8, BI_BITFIELDS... */
  static byte[] bitmap(BufferedImage image, String compression) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("bmp").next();
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      ImageWriteParam how = writer.getDefaultWriteParam();
      how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      how.setCompressionType(compression);
      writer.write(null, new IIOImage(image, null, null), how);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  /** A BMP file of 24 bits per pixel with the short header of its first version. */
  static byte[] firstBitmap(RawImage image) {
    int row = (image.width() * 3 + 3) / 4 * 4;
    ByteBuffer out = ByteBuffer.allocate(26 + row * image.height());
    out.order(ByteOrder.LITTLE_ENDIAN).put((byte) 'B').put((byte) 'M').putInt(out.capacity());
    out.putInt(0).putInt(26).putInt(12);
    out.putShort((short) image.width()).putShort((short) image.height());
    out.putShort((short) 1).putShort((short) 24);
    for (int y = 0; y < image.height(); y++) {
      for (int i = 0; i < image.width() * 3; i++) {
        int from = ((image.height() - 1 - y) * image.width() + i / 3) * 3 + 2 - i % 3;
        out.put(26 + y * row + i, image.pixels()[from]);
      }
    }
    return out.array();
  }

  /** A JPEG file with an EXIF segment of nothing but an orientation. */
  static byte[] withOrientation(byte[] jpeg, int orientation, boolean littleEndian) {
    byte[] tiff = tiff(orientation, littleEndian);
    ByteBuffer out = ByteBuffer.allocate(jpeg.length + tiff.length + 10);
    out.put(jpeg, 0, 2).putShort((short) 0xFFE1).putShort((short) (tiff.length + 8));
    out.put(new byte[] {'E', 'x', 'i', 'f', 0, 0}).put(tiff).put(jpeg, 2, jpeg.length - 2);
    return out.array();
  }

  /** A TIFF structure of one entry. */
  static byte[] tiff(int orientation, boolean littleEndian) {
    ByteBuffer tiff = ByteBuffer.allocate(26);
    if (littleEndian) {
      tiff.order(ByteOrder.LITTLE_ENDIAN);
    }
    byte order = (byte) (littleEndian ? 'I' : 'M');
    tiff.put(order).put(order).putShort((short) 42).putInt(8).putShort((short) 1);
    tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) orientation);
    return tiff.array();
  }

  /** A PNG file with another chunk after its header. */
  static byte[] withChunk(byte[] png, String name, byte[] data) {
    int header = 8 + 12 + 13;
    ByteBuffer out = ByteBuffer.allocate(png.length + data.length + 12);
    out.put(png, 0, header).put(chunk(name, data)).put(png, header, png.length - header);
    return out.array();
  }

  /** A PNG file that begins as one of that size would, and then ends. */
  static byte[] pngHeader(int width, int height) {
    byte[] data =
        ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) 8).put((byte) 2).array();
    byte[] chunk = chunk("IHDR", data);
    return ByteBuffer.allocate(8 + chunk.length)
        .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'})
        .put(chunk)
        .array();
  }

  static byte[] chunk(String name, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
    chunk.putInt(data.length);
    chunk.put(name.getBytes(StandardCharsets.US_ASCII));
    chunk.put(data);
    CRC32 sum = new CRC32();
    sum.update(chunk.array(), 4, 4 + data.length);
    return chunk.putInt((int) sum.getValue()).array();
  }

  /** Writes a file, with its folder where that is missing. */
  static void write(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A JPEG file without its JFIF segment, which OpenCV writes first. */
  static byte[] withoutJfif(byte[] jpeg) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    int length = 2 + new ByteView(jpeg).u16Big(4);
    out.write(jpeg, 2 + length, jpeg.length - 2 - length);
    return out.toByteArray();
  }

  /** A JPEG file with Adobe's segment, which says what the components are. */
  static byte[] withAdobe(byte[] jpeg, int transform) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.writeBytes(
        new byte[] {-1, -18, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, (byte) transform});
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  /** A JPEG file of three components with other names, in the frame and in its only scan. */
  static byte[] withComponents(byte[] jpeg, char... names) {
    byte[] renamed = jpeg.clone();
    int at = 2;
    while (true) {
      int marker = renamed[at + 1] & 0xFF;
      for (int i = 0; i < names.length; i++) {
        if (marker == 0xC0) {
          renamed[at + 10 + 3 * i] = (byte) names[i];
        } else if (marker == 0xDA) {
          renamed[at + 5 + 2 * i] = (byte) names[i];
        }
      }
      if (marker == 0xDA) {
        return renamed;
      }
      at += 2 + new ByteView(renamed).u16Big(at + 2);
    }
  }

  /** A JPEG file with standard Huffman tables, without them. */
  static byte[] withoutHuffmanTables(byte[] jpeg) {
    ByteView view = new ByteView(jpeg);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    int at = 2;
    while (view.u8(at + 1) != 0xDA) {
      int length = 2 + view.u16Big(at + 2);
      if (view.u8(at + 1) != 0xC4) {
        out.write(jpeg, at, length);
      }
      at += length;
    }
    out.write(jpeg, at, jpeg.length - at);
    return out.toByteArray();
  }
}
