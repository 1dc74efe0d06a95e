package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.stat.correlation.Covariance;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.ConfigLoader;
import org.potstill.config.DataConfig;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransforms;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.fixtures.Closeness;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Heard;

class WhiteningTest {

  private static final int SIDE = 5;
  private static final int CHANNELS = 3;
  private static final int VALUES = CHANNELS * SIDE * SIDE;

  @TempDir Path folder;
  private final Heard heard = new Heard();

  @BeforeEach
  void begin() {
    LibTorch.load();
    AtomicFiles.writeString(folder.resolve("run/config.yaml"), RunDirectory.CONFIG_MARK + "\n");
  }

  private static PatternDataset data() {
    return new PatternDataset(SIDE, CHANNELS, 20, "a", "b");
  }

  private static DataConfig config(String whitening) {
    return ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "data.whitening=" + whitening)
        .data();
  }

  private Whitening of(DataConfig config, Dataset data) {
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"), Existing.RESUME)) {
      RunContext context = new RunContext(directory, heard, new CancellationToken(), 1, 2);
      return Whitening.of(config, data, context, "distill");
    }
  }

  private Path file() {
    return folder.resolve("run/whitening.safetensors");
  }

  private static float[] normalised(Dataset data, ImageRecord image) {
    try {
      return ImageTransforms.distill(
              data.normalisation(), data.resolution(), DataConfig.Resize.ANTIALIAS)
          .apply(data.read(image));
    } catch (BadImageException e) {
      throw new AssertionError(e);
    }
  }

  /** Pixels from 0 to 1 of every training image, one per row. */
  private static double[][] pixels(Dataset data) {
    double[][] rows = new double[data.training().size()][VALUES];
    for (int i = 0; i < rows.length; i++) {
      float[] image = normalised(data, data.training().get(i));
      for (int v = 0; v < VALUES; v++) {
        int channel = v / (SIDE * SIDE);
        rows[i][v] =
            image[v] * data.normalisation().std().get(channel)
                + data.normalisation().mean().get(channel);
      }
    }
    return rows;
  }

  private static Tensor images(Dataset data) {
    float[] all = new float[data.training().size() * VALUES];
    for (int i = 0; i < data.training().size(); i++) {
      float[] image = normalised(data, data.training().get(i));
      System.arraycopy(image, 0, all, i * VALUES, VALUES);
    }
    return Tensors.of(all, data.training().size(), CHANNELS, SIDE, SIDE);
  }

  /** By the definition, in double precision, from pixels. */
  private static double[][] expected(double[][] pixels) {
    RealMatrix covariance = new Covariance(pixels, true).getCovarianceMatrix();
    EigenDecomposition eigen = new EigenDecomposition(covariance);
    double[] scales = eigen.getRealEigenvalues();
    for (int i = 0; i < scales.length; i++) {
      scales[i] = 1 / Math.sqrt(Math.max(0, scales[i]) + 0.1);
    }
    RealMatrix whiten =
        eigen.getV().multiply(MatrixUtils.createRealDiagonalMatrix(scales)).multiply(eigen.getVT());
    double[] mean = new double[VALUES];
    for (double[] row : pixels) {
      for (int v = 0; v < VALUES; v++) {
        mean[v] += row[v] / pixels.length;
      }
    }
    double[][] centred = new double[pixels.length][VALUES];
    for (int i = 0; i < pixels.length; i++) {
      for (int v = 0; v < VALUES; v++) {
        centred[i][v] = pixels[i][v] - mean[v];
      }
    }
    return MatrixUtils.createRealMatrix(centred).multiply(whiten).getData();
  }

  @Test
  void imagesAreWhitenedAsDefinedAndComeBack() {
    Dataset data = data();
    double[][] expected = expected(pixels(data));
    try (Whitening whitening = of(config("zca"), data);
        PointerScope scope = new PointerScope()) {
      Tensor images = images(data);
      Tensor whitened = images.clone();
      whitening.apply(whitened);
      assertArrayEquals(Tensors.shape(images), Tensors.shape(whitened));
      float[] found = Tensors.toFloats(whitened);
      double largest = 0;
      for (int i = 0; i < found.length; i++) {
        assertEquals(expected[i / VALUES][i % VALUES], found[i], 2e-5, "value " + i);
        largest = Math.max(largest, Math.abs(found[i]));
      }
      assertTrue(largest > 0.5, "not all 0");
      assertArrayEquals(
          Tensors.toFloats(images), Tensors.toFloats(whitening.restore(whitened)), 2e-5f);
    }
  }

  @Test
  void momentsOfBatchesAreThoseOfAll() {
    try (ImageMoments moments = new ImageMoments(2);
        PointerScope scope = new PointerScope()) {
      moments.add(new FloatPointer(1, 2), 1);
      assertThrows(InputException.class, moments::mean);
      moments.add(new FloatPointer(3, 8), 1);
      assertEquals(2, moments.count());
      assertArrayEquals(new double[] {2, 5}, Closeness.doubles(moments.mean()));
      moments.add(new FloatPointer(5, 2, 3, 0), 2);
      assertEquals(4, moments.count());
      assertArrayEquals(new double[] {3, 3}, Closeness.doubles(moments.mean()));
      assertArrayEquals(
          new double[] {8 / 3.0, 0, 0, 36 / 3.0},
          Closeness.doubles(moments.takeCovariance()),
          1e-12);
    }
  }

  @Test
  void whatIsKeptIsTakenForTheSameImagesAlone() throws Exception {
    PatternDataset data = data();
    of(config("zca"), data).close();
    byte[] kept = Files.readAllBytes(file());
    PatternDataset again = data();
    try (Whitening whitening = of(config("zca"), again);
        PointerScope scope = new PointerScope()) {
      assertEquals(0, again.reads(), "images were read again");
      Tensor whitened = images(data);
      whitening.apply(whitened);
      assertEquals(expected(pixels(data))[0][0], whitened.view(-1).get(0).item_float(), 2e-5);
    }
    PatternDataset other = new PatternDataset(SIDE, CHANNELS, 21, "a", "b");
    of(config("zca"), other).close();
    assertTrue(other.reads() > 0);
    assertFalse(Arrays.equals(kept, Files.readAllBytes(file())));
    assertEquals(List.of(), heard.warnings());

    of(config("zca"), data).close();
    byte[] damaged = kept.clone();
    damaged[damaged.length - 1] ^= 1;
    Files.write(file(), damaged);
    of(config("zca"), data).close();
    assertArrayEquals(kept, Files.readAllBytes(file()));
    assertEquals(1, heard.warnings().size());
    String warning = heard.warnings().get(0);
    assertTrue(warning.endsWith("it is made anew"), warning);
  }

  @Test
  void nothingIsWhitenedUnlessAskedFor() {
    PatternDataset data = data();
    try (Whitening none = of(config("none"), data);
        PointerScope scope = new PointerScope()) {
      Tensor images = images(data);
      none.apply(images);
      assertTrue(images.equal(images(data)));
      assertTrue(images.equal(none.restore(images)));
    }
    assertFalse(Files.exists(file()));
  }

  @Test
  void imagesThatAreTooLargeOrTooFewAreRefused() {
    PatternDataset large = new PatternDataset(65, 3, 2, "a");
    InputException error = assertThrows(InputException.class, () -> of(config("zca"), large));
    assertTrue(
        error.getMessage().contains("12288") && error.getMessage().contains("12675"),
        error.getMessage());
    PatternDataset one = new PatternDataset(SIDE, 1, 1, "a");
    error = assertThrows(InputException.class, () -> of(config("zca"), one));
    assertTrue(error.getMessage().contains("needs two training images"), error.getMessage());
  }
}
