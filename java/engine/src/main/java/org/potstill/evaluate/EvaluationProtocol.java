package org.potstill.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;
import org.potstill.data.FileNames;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.ImageFolder;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunDirectory;

/**
 * How accuracies were measured, and of which images, as a reader of {@code evaluation.json} needs
 * it to compare.
 */
final class EvaluationProtocol {

  /** The entries for the images that the run came to. */
  static final Map<String, Object> OWN_IMAGES = Map.of(Evaluation.IMAGES, Evaluation.OWN);

  /** Of a set from elsewhere, as many as its file has in a run directory, with that of the run. */
  private static final int PARTS_OF_PATH = 3;

  private EvaluationProtocol() {}

  /**
   * The entries for the settings, in the order shown.
   *
   * @param rate that was learned with the images, where networks were trained at that
   * @param testImages how many were measured on
   */
  static Map<String, Object> of(
      Config config, Dataset data, long seed, OptionalDouble rate, int testImages) {
    EvaluateConfig evaluate = config.evaluate();
    Map<String, Object> protocol = new LinkedHashMap<>();
    protocol.put("resolution", data.resolution());
    protocol.put("form", EvaluationNetworks.forms(config, data));
    protocol.put("optimiser", "SGD, momentum 0.9, weight decay 5e-4");
    protocol.put(
        "schedule",
        switch (evaluate.schedule()) {
          case WARMUP_COSINE -> "linear warm-up over the first half of the epochs, then cosine";
          case STEP -> "constant over the first half of the epochs, then a tenth";
        });
    protocol.put("epochs", evaluate.epochs());
    protocol.put("batch", evaluate.batch());
    protocol.put("learning-rate", rates(evaluate, rate.isPresent()));
    rate.ifPresent(learned -> protocol.put("learned-rate", learned));
    protocol.put("whitening", config.data().whitening().name().toLowerCase(Locale.ROOT));
    protocol.put("augment", evaluate.augment().isEmpty() ? "none" : evaluate.augment());
    protocol.put(
        "tested-weights",
        evaluate.ema() > 0 ? "running average, decay " + evaluate.ema() : "after the last epoch");
    protocol.put("precision", evaluate.precision());
    protocol.put("repeats", evaluate.repeats());
    protocol.put("seed", seed);
    protocol.put("test-images", testImages);
    return protocol;
  }

  private static List<String> rates(EvaluateConfig evaluate, boolean learned) {
    List<String> rates = new ArrayList<>();
    for (String network : evaluate.networks()) {
      double own = EvaluationNetworks.learningRate(evaluate, network);
      rates.add(network + " " + (learned ? "learned" : own));
    }
    return rates;
  }

  /**
   * The entries for a set that need not be of the run. Of its path the last parts are enough to
   * tell it from that of another run, {@code RUN/distilled/distilled.safetensors}; the whole would
   * tell whoever gets the file of folders and names that are none of its matter, and would be
   * another one wherever the sets are moved.
   *
   * @param images the file or folder
   * @param content what stands for what is in it
   * @param run its directory
   */
  static Map<String, Object> ofImages(Path images, String content, RunDirectory run) {
    Path own = run.resolve(DistilledSet.FILE);
    Path place = real(images);
    Path folder = real(run.resolve(DistilledSet.FOLDER));
    if ((Files.exists(own) && Fingerprint.ofFile(own).equals(content))
        || place.startsWith(real(run.resolve(ImageFolder.FOLDER)))) {
      return OWN_IMAGES;
    }
    Map<String, Object> set = new LinkedHashMap<>();
    set.put(
        Evaluation.IMAGES,
        place.startsWith(folder)
            ? Evaluation.OWN_FILE + DistilledSet.FOLDER + "/" + text(folder.relativize(place))
            : text(lastParts(images.toAbsolutePath().normalize())));
    set.put(Evaluation.IMAGES_SHA256, content);
    return set;
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      // Not there.
      return path.toAbsolutePath().normalize();
    }
  }

  private static Path lastParts(Path path) {
    int all = path.getNameCount();
    return path.subpath(Math.max(0, all - PARTS_OF_PATH), all);
  }

  private static String text(Path path) {
    return StreamSupport.stream(path.spliterator(), false)
        .map(FileNames::text)
        .collect(Collectors.joining("/"));
  }
}
