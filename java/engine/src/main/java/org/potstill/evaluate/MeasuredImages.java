package org.potstill.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageBatch;
import org.potstill.data.ImageLoader;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransforms;
import org.potstill.errors.InputException;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/**
 * The images that accuracies are measured on. A run comes to them last, after the hours of
 * distilling, and can then neither leave one out nor go on with a mended one.
 */
public final class MeasuredImages {

  private static final String TASK = "looking at the images to measure on";

  private MeasuredImages() {}

  /**
   * Decodes all of them once, where a bad one would end the run. Those of sources in memory cannot
   * be bad.
   *
   * @param stage what the listener is told
   * @throws InputException naming the first that cannot be used
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop
   */
  public static void requireReadable(
      Config config,
      Dataset data,
      String stage,
      RunListener listener,
      CancellationToken cancellation) {
    if (data.inMemory() || config.data().onBadImage() == DataConfig.OnBadImage.SKIP) {
      return;
    }
    List<ImageRecord> images = new ArrayList<>(data.test());
    if (ChosenIteration.isOnValidation(config.evaluate())) {
      images.addAll(data.validation());
    }
    try (ImageLoader loader =
        ImageLoader.of(
                data,
                ImageTransforms.distill(
                    data.normalisation(), data.resolution(), config.data().resize()))
            .records(images)
            .threads(config.run().threadCount())
            .start()) {
      for (int done = 0; loader.hasNext(); ) {
        cancellation.throwIfCancelled();
        try (ImageBatch batch = loader.next()) {
          done += batch.count();
        }
        listener.progress(stage, TASK, done, images.size(), "images");
      }
    }
  }
}
