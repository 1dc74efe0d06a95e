package org.potstill.distill;

import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.ExpertsConfig;
import org.potstill.config.TrajectoryConfig;
import org.potstill.data.Dataset;
import org.potstill.data.TrainingIdentity;
import org.potstill.errors.InputException;
import org.potstill.net.Networks;
import org.potstill.prune.CoreSet;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;

/** Which epochs of an expert can be drawn, and what stands for all that makes it. */
public final class ExpertEpochs {

  /** What the training images are noted under. */
  static final String DATA_SET = "the data set";

  private ExpertEpochs() {}

  /**
   * The epochs that can be start or target of a segment; the others need not be stored.
   *
   * @throws InputException where the experts are not trained for long enough
   */
  public static SortedSet<Integer> drawn(Config config) {
    TrajectoryConfig trajectory = config.distill().trajectory();
    SortedSet<Integer> epochs = new TreeSet<>();
    for (int start = 0; start < trajectory.maxStartEpoch(); start++) {
      epochs.add(start);
      epochs.add(start + trajectory.expertEpochs());
    }
    if (epochs.last() > config.experts().epochs()) {
      throw new InputException(
          "experts.epochs: "
              + config.experts().epochs()
              + " are too few: distill.trajectory.max-start-epoch: "
              + trajectory.maxStartEpoch()
              + " and distill.trajectory.expert-epochs: "
              + trajectory.expertEpochs()
              + " reach epoch "
              + epochs.last());
    }
    return epochs;
  }

  /** Stands for all that changes an expert. */
  public static Fingerprint fingerprint(Config config, Dataset data, RunContext context) {
    return settings(config, data)
        .with(DATA_SET, TrainingIdentity.of(data, context.directory().stages()))
        .with(CoreSet.FILE, Fingerprint.ofFile(context.directory().resolve(CoreSet.FILE)));
  }

  /** The same but for the core-set, which need not be there yet. */
  public static Fingerprint settings(Config config, Dataset data) {
    ExpertsConfig experts = config.experts();
    TreeMap<String, String> values = new TreeMap<>();
    values.put("run.seed", Long.toString(config.run().seed()));
    values.put(DATA_SET, data.trainingFingerprint());
    values.put("data.resize", config.data().resize().toString());
    if (config.data().whitening() != DataConfig.Whitening.NONE) {
      values.put("data.whitening", config.data().whitening().toString());
    }
    values.put("distill.network", config.distill().network().toString());
    String version = Networks.version(config.distill().network().name());
    if (!version.isEmpty()) {
      values.put("version of the distilling network", version);
    }
    values.put("distill.augment", config.distill().augment());
    values.put("experts.epochs", Integer.toString(experts.epochs()));
    values.put("experts.learning-rate", Double.toString(experts.learningRate()));
    values.put("experts.momentum", Double.toString(experts.momentum()));
    values.put("experts.batch", Integer.toString(experts.batch()));
    values.put("experts.precision", experts.precision());
    values.put("experts.training-precision", experts.trainingPrecision());
    return Fingerprint.of(values);
  }
}
