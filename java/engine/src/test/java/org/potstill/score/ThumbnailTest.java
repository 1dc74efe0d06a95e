package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;
import org.potstill.data.RawImage;

class ThumbnailTest {

  @Test
  void smallPicturesStayAsTheyAre() {
    RawImage small = new RawImage(96, 40, 1, new byte[96 * 40]);
    assertSame(small, Thumbnail.of(small));
  }

  /** Red is the column, green twice the row; blocks of two by two become one pixel. */
  @Test
  void pixelsOfLargeOnesAreRoundedMeansOfAreas() {
    byte[] pixels = new byte[192 * 100 * 3];
    for (int i = 0; i < 192 * 100; i++) {
      pixels[3 * i] = (byte) (i % 192);
      pixels[3 * i + 1] = (byte) (2 * (i / 192));
      pixels[3 * i + 2] = (byte) 255;
    }
    RawImage small = Thumbnail.of(new RawImage(192, 100, 3, pixels));
    assertEquals(96, small.width());
    assertEquals(50, small.height());
    for (int i = 0; i < 96 * 50; i++) {
      byte[] expected = {(byte) (2 * (i % 96) + 1), (byte) (4 * (i / 96) + 1), (byte) 255};
      byte[] found = {small.pixels()[3 * i], small.pixels()[3 * i + 1], small.pixels()[3 * i + 2]};
      assertArrayEquals(expected, found, "pixel " + i);
    }
  }

  @Test
  void thinPicturesKeepARow() {
    RawImage thin = Thumbnail.of(new RawImage(1000, 2, 1, new byte[2000]));
    assertEquals(96, thin.width());
    assertEquals(1, thin.height());
  }

  @Test
  void samplesOfPicturesAreThoseOfTheImage() {
    BufferedImage grey = Thumbnail.picture(new RawImage(2, 1, 1, new byte[] {7, (byte) 200}));
    assertEquals(200, grey.getRaster().getSample(1, 0, 0));
    BufferedImage colour = Thumbnail.picture(new RawImage(1, 1, 3, new byte[] {1, 2, 3}));
    assertEquals(0xFF010203, colour.getRGB(0, 0));
  }
}
