package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.config.DataConfig.Resize;

class ImageTransformsTest {

  private static final Normalisation NONE =
      new Normalisation(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));

  @ParameterizedTest
  @EnumSource(Resize.class)
  void imagesOfTheRightSizeAreOnlyNormalised(Resize resize) {
    RawImage image = TestImages.gradient(8, 8);
    float[] values = ImageTransforms.distill(Normalisation.IMAGENET, 8, resize).apply(image);
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < 64; i++) {
        double unit = (image.pixels()[i * 3 + c] & 0xFF) / 255.0;
        double expected =
            (unit - Normalisation.IMAGENET.mean().get(c)) / Normalisation.IMAGENET.std().get(c);
        assertEquals(expected, values[c * 64 + i], 1e-6);
      }
    }
    assertArrayEquals(values, ImageTransforms.scorer(Normalisation.IMAGENET, 8).apply(image));
  }

  @ParameterizedTest
  @CsvSource({"20,8,8", "8,20,8", "9,21,8", "3,2,7", "1,1,5", "1000,1,4", "7,7,28"})
  void everySizeIsBroughtToTheResolution(int width, int height, int resolution) {
    RawImage image = TestImages.gradient(width, height);
    for (Resize resize : Resize.values()) {
      float[] values = ImageTransforms.distill(NONE, resolution, resize).apply(image);
      assertEquals(3 * resolution * resolution, values.length);
      for (float value : values) {
        assertEquals(0.5, value, 0.5 + 1e-6);
      }
    }
    assertEquals(
        3 * resolution * resolution, ImageTransforms.scorer(NONE, resolution).apply(image).length);
  }

  @ParameterizedTest
  @EnumSource(Resize.class)
  void flatImagesStayFlat(Resize resize) {
    byte[] pixels = new byte[37 * 23];
    Arrays.fill(pixels, (byte) 51);
    RawImage flat = new RawImage(37, 23, 1, pixels);
    Normalisation grey = new Normalisation(List.of(0.0), List.of(1.0));
    for (float value : ImageTransforms.distill(grey, 16, resize).apply(flat)) {
      assertEquals(0.2, value, 1e-6);
    }
    for (float value : ImageTransforms.scorer(grey, 16).apply(flat)) {
      assertEquals(0.2, value, 1e-6);
    }
  }

  @Test
  void greyFillsThreeChannels() {
    RawImage grey = new RawImage(2, 2, 1, new byte[] {0, 51, 102, (byte) 255});
    float[] expected = {0, 0.2f, 0.4f, 1, 0, 0.2f, 0.4f, 1, 0, 0.2f, 0.4f, 1};
    assertArrayEquals(
        expected, ImageTransforms.distill(NONE, 2, Resize.ANTIALIAS).apply(grey), 1e-6f);
    assertArrayEquals(expected, ImageTransforms.scorer(NONE, 2).apply(grey), 1e-6f);
  }

  @Test
  void colourDoesNotBecomeGrey() {
    ImageTransform grey =
        ImageTransforms.distill(new Normalisation(List.of(0.0), List.of(1.0)), 4, Resize.ANTIALIAS);
    assertThrows(IllegalArgumentException.class, () -> grey.apply(TestImages.gradient(4, 4)));
  }
}
