package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConvolutionMapsTest {

  private static final long SIDES = 20;

  @BeforeEach
  void load() {
    CpuKernels kernels = new CpuKernels(1);
    assertTrue(kernels.isAvailable(), kernels.unavailabilityCause());
  }

  private static long workspace(long height, long width, long channels) {
    return NativeKernels.potstill_convolution_workspace(3, height, width, channels, channels, 3, 1);
  }

  /** Tap by tap the workspace is that of a part of the channels, by tiles it is that of all. */
  private static boolean goesByTapsNatively(long height, long width) {
    return workspace(height, width, 16) == workspace(height, width, 512);
  }

  @Test
  void mapsGoByTapsWhereNativeKernelsTakeThemSo() {
    List<String> byTaps = new ArrayList<>();
    for (long height = 1; height <= SIDES; height++) {
      for (long width = 1; width <= SIDES; width++) {
        String maps = height + " x " + width;
        boolean natively = goesByTapsNatively(height, width);
        assertEquals(natively, ConvolutionMaps.goByTaps(height, width), maps);
        if (natively) {
          byTaps.add(maps);
        }
      }
    }
    assertTrue(byTaps.containsAll(List.of("1 x 1", "2 x 2", "1 x 8", "8 x 1")), byTaps.toString());
    assertTrue(byTaps.size() < SIDES * SIDES / 4, byTaps.toString());
  }
}
