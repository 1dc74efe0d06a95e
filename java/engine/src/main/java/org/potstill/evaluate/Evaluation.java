package org.potstill.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.commons.math3.distribution.TDistribution;
import org.potstill.errors.InputException;
import org.potstill.run.JsonErrors;

/**
 * What an evaluation found.
 *
 * @param distilled by networks trained on the distilled images
 * @param baselines by networks trained on other sets, by the name of the baseline
 * @param protocol how it was measured, in the order shown
 * @param maxima where the iteration was chosen on test images, every network's accuracies at the
 *     iteration that is best for it alone
 */
public record Evaluation(
    SetResult distilled,
    Map<String, SetResult> baselines,
    Map<String, Object> protocol,
    Optional<SetResult> maxima) {

  /** Where a run keeps it. */
  public static final String FILE = "evaluation.json";

  /**
   * In the protocol: {@link #OWN}, the same with what of the run it was instead, or what tells a
   * set from elsewhere. Older files lack it.
   */
  static final String IMAGES = "images";

  /** In the protocol, of other images than {@link #OWN}: what stands for their content. */
  static final String IMAGES_SHA256 = "images-sha256";

  /** In the protocol, of other images than {@link #OWN}: how many there are. */
  static final String IMAGES_COUNT = "images-count";

  /** The images that the run itself came to. */
  static final String OWN = "of the run";

  /** What the run has beside them: the initial images, those of an iteration; its path follows. */
  static final String OWN_FILE = OWN + ": ";

  private static final String ANEW = "; engine.jar evaluate CONFIG --overwrite measures anew";

  /** Keeps the maps from being changed. */
  public Evaluation {
    baselines = Collections.unmodifiableMap(baselines);
    protocol = Collections.unmodifiableMap(protocol);
  }

  /** One without maxima. */
  Evaluation(SetResult distilled, Map<String, SetResult> baselines, Map<String, Object> protocol) {
    this(distilled, baselines, protocol, Optional.empty());
  }

  /**
   * Reads what the evaluation of a run found.
   *
   * @param run a run directory
   * @throws InputException where there is none, it was not evaluated, or the file is damaged
   */
  public static Evaluation of(Path run) {
    if (!Files.isDirectory(run)) {
      throw new InputException(
          run + (Files.exists(run) ? " is a file, not a run directory" : " does not exist"));
    }
    return EvaluationFile.read(run.resolve(FILE));
  }

  /** The set whose accuracies these are, in words; empty where it is what the run came to. */
  Optional<String> otherSet() {
    return Optional.ofNullable(protocol.get(IMAGES))
        .map(String::valueOf)
        .filter(images -> !images.equals(OWN))
        .map(
            images ->
                images.startsWith(OWN_FILE)
                    ? "its " + images.substring(OWN_FILE.length())
                    : "a set from elsewhere, " + images);
  }

  /** The refusal of a file that holds no such JSON. */
  public static InputException damaged(Path file, IOException cause) {
    return new InputException(
        "cannot read " + file + ": " + JsonErrors.reason(cause) + ANEW, cause);
  }

  /**
   * Refuses JSON that is none of an evaluation.
   *
   * @throws InputException where it names no network
   */
  public static void requireNetworks(Path file, JsonNode root) {
    if (root.path("networks").isEmpty()) {
      throw new InputException("cannot read " + file + ": it names no network" + ANEW);
    }
  }

  /**
   * Accuracies reached from one training set.
   *
   * @param networks by name, in the order of the configuration
   * @param distilling name of the network that distilled, which takes no part in the cross figures
   */
  public record SetResult(Map<String, NetworkResult> networks, String distilling) {

    /** Keeps the map from being changed. */
    public SetResult {
      networks = Collections.unmodifiableMap(networks);
    }

    /** Mean accuracy over the networks that did not distil; empty where there is none. */
    public OptionalDouble crossMean() {
      return others().stream().mapToDouble(NetworkResult::mean).average();
    }

    /** Mean over the same networks of their standard deviations; empty where there is none. */
    public OptionalDouble crossStd() {
      return others().stream().mapToDouble(NetworkResult::std).average();
    }

    /** The mean over the same networks, repeat by repeat; empty where there is none. */
    public Optional<NetworkResult> cross() {
      List<NetworkResult> others = others();
      if (others.isEmpty()) {
        return Optional.empty();
      }
      List<Double> means = new ArrayList<>();
      int repeats = others.stream().mapToInt(o -> o.accuracies().size()).min().orElseThrow();
      for (int repeat = 0; repeat < repeats; repeat++) {
        int index = repeat;
        means.add(
            others.stream()
                .mapToDouble(result -> result.accuracies().get(index))
                .average()
                .orElseThrow());
      }
      return Optional.of(new NetworkResult(means));
    }

    private List<NetworkResult> others() {
      return networks.entrySet().stream()
          .filter(entry -> !entry.getKey().equals(distilling))
          .map(Map.Entry::getValue)
          .toList();
    }
  }

  /**
   * Accuracies of one network, one per repeat.
   *
   * @param accuracies from 0 to 1
   */
  public record NetworkResult(List<Double> accuracies) {

    /** Copies the list. */
    public NetworkResult {
      accuracies = List.copyOf(accuracies);
    }

    /** Mean over the repeats. */
    public double mean() {
      return accuracies.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /**
     * Half the width of the 95 percent confidence interval of the mean, by Student's t; empty with
     * one repeat.
     */
    public OptionalDouble ci95() {
      int repeats = accuracies.size();
      if (repeats < 2) {
        return OptionalDouble.empty();
      }
      double quantile = new TDistribution(repeats - 1).inverseCumulativeProbability(0.975);
      return OptionalDouble.of(quantile * std() / Math.sqrt(repeats - 1));
    }

    /** Standard deviation over the repeats, divided by their number (ddof 0). */
    public double std() {
      double mean = mean();
      return Math.sqrt(
          accuracies.stream().mapToDouble(a -> (a - mean) * (a - mean)).average().orElseThrow());
    }
  }
}
