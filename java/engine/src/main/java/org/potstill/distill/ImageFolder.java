package org.potstill.distill;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.data.Normalisation;
import org.potstill.run.FolderNames;
import org.potstill.run.PictureFiles;
import org.potstill.tensor.Tensors;

/** Writes synthetic images as PNG files that any tool can read, one folder per class. */
public final class ImageFolder {

  /** Where a run keeps them. */
  public static final String FOLDER = "distilled/images";

  private static final int WHITE = 255;

  private ImageFolder() {}

  /**
   * Writes {@code CLASS/NN.png} below {@code folder}, the pixels brought back to 0 to 255.
   *
   * @throws org.potstill.errors.RunFailedException where a file cannot be written
   */
  public static void write(DistilledSet set, Path folder) {
    write(set, folder, done -> {});
  }

  /**
   * The same.
   *
   * @param progress hears after every picture how many are written
   */
  public static void write(DistilledSet set, Path folder, IntConsumer progress) {
    List<String> names = FolderNames.of(set.description().classKeys());
    int[] labels = set.labelValues();
    int[] next = new int[names.size()];
    for (int i = 0; i < labels.length; i++) {
      String name = String.format(Locale.ROOT, "%02d.png", next[labels[i]]++);
      PictureFiles.writePng(folder.resolve(names.get(labels[i])).resolve(name), picture(set, i));
      progress.accept(i + 1);
    }
  }

  private static BufferedImage picture(DistilledSet set, int index) {
    Normalisation normalisation = set.description().normalisation();
    try (PointerScope scope = new PointerScope()) {
      Tensor image = set.images().select(0, index);
      int channels = (int) image.size(0);
      int height = (int) image.size(1);
      int width = (int) image.size(2);
      float[] pixels = Tensors.toFloats(image);
      int type = channels == 3 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
      BufferedImage picture = new BufferedImage(width, height, type);
      // Samples go into the raster as they are: colours would be converted.
      WritableRaster raster = picture.getRaster();
      for (int c = 0; c < channels; c++) {
        double mean = normalisation.mean().get(c);
        double std = normalisation.std().get(c);
        for (int p = 0; p < height * width; p++) {
          double value = pixels[c * height * width + p] * std + mean;
          long level = Math.round(WHITE * Math.min(1, Math.max(0, value)));
          raster.setSample(p % width, p / width, c, (int) level);
        }
      }
      return picture;
    }
  }
}
