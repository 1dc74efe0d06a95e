package org.potstill.data;

import java.util.Map;
import org.potstill.run.StageLog;

/**
 * What a run knows its training images by. Earlier versions of Potstill knew them by all images,
 * those for tests included; a run that was begun by one goes on so, while that still is what the
 * data set has: its checkpoints, experts and images were made under that name.
 */
public final class TrainingIdentity {

  private TrainingIdentity() {}

  /**
   * The fingerprint of the training images of {@code data} in a run.
   *
   * @param finished what the run has finished so far
   */
  public static String of(Dataset data, StageLog finished) {
    String own = data.trainingFingerprint();
    Map<String, StageLog.Entry> known = finished.known();
    // Stages that look at the tests have the other one in any case.
    return !noted(own, known) && noted(data.fingerprint(), known) ? data.fingerprint() : own;
  }

  private static boolean noted(String fingerprint, Map<String, StageLog.Entry> known) {
    return known.values().stream().anyMatch(entry -> fingerprint.equals(entry.dataSet()));
  }

  /**
   * Both that a data set may be known by, where it is not to be listed again.
   *
   * @param training that of the training images
   * @param all that of all images
   */
  public record Names(String training, String all) {

    /** Those of a data set. */
    public static Names of(Dataset data) {
      return new Names(data.trainingFingerprint(), data.fingerprint());
    }

    /**
     * Whether a run of this or of an earlier version may have known the training images by {@code
     * fingerprint}.
     */
    public boolean haveTraining(String fingerprint) {
      return training.equals(fingerprint) || all.equals(fingerprint);
    }
  }

  /** Whether a run of this or of an earlier version may have known these training images by it. */
  public static boolean isOf(Dataset data, String fingerprint) {
    return Names.of(data).haveTraining(fingerprint);
  }
}
