package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.potstill.config.DataConfig;
import org.potstill.config.DataConfig.Resize;

/** A part of Imagenette, where the system property potstill.data names a folder that has it. */
class RealImagesTest {

  private static final int RESOLUTION = 128;

  private static DataConfig config() {
    String data = System.getProperty("potstill.data", "");
    Path folder = Path.of(data, "imagenette-mini");
    assumeTrue(
        !data.isEmpty() && Files.isDirectory(folder), "-Dpotstill.data=DIR has no imagenette-mini");
    return DataConfigs.withResolution(DataConfigs.of("folder:" + folder, "imagenette"), RESOLUTION);
  }

  @Test
  void everyTestImageIsLoaded() {
    try (Dataset dataset = Datasets.open(config(), 0)) {
      assertEquals(10, dataset.classNames().size());
      assertEquals("tench", dataset.classNames().get(0));
      assertEquals(Normalisation.IMAGENET, dataset.normalisation());
      Set<Integer> classes = new HashSet<>();
      int count = 0;
      double sum = 0;
      try (ImageLoader loader =
          ImageLoader.of(
                  dataset,
                  ImageTransforms.distill(dataset.normalisation(), RESOLUTION, Resize.ANTIALIAS))
              .records(dataset.test())
              .threads(2)
              .start()) {
        while (loader.hasNext()) {
          try (ImageBatch batch = loader.next()) {
            float[] pixels = new float[batch.count() * 3 * RESOLUTION * RESOLUTION];
            batch.pixels().get(pixels);
            for (float pixel : pixels) {
              sum += pixel;
            }
            count += batch.count();
            batch.records().forEach(image -> classes.add(image.classIndex()));
          }
        }
      }
      assertEquals(dataset.test().size(), count);
      assertEquals(10, classes.size());
      // Photographs normalised with ImageNet's constants are near zero on average.
      double mean = sum / ((double) count * 3 * RESOLUTION * RESOLUTION);
      assertTrue(Math.abs(mean) < 0.3, "mean " + mean);
    }
  }
}
