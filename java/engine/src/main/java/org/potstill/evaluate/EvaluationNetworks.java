package org.potstill.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.augment.Augmentation;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.config.NetworkConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.net.ConvNet;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/** The networks of an evaluation and how each is trained. */
final class EvaluationNetworks {

  private static final double PEAK = 1e-3;
  private static final double VGG_PEAK = 1e-4;

  private EvaluationNetworks() {}

  /**
   * The networks of {@code evaluate.networks} in order, for the images of {@code data}; the one
   * that distils in the form it distils in, a ConvNet in the form that the section asks for.
   *
   * @throws InputException where there is none of a name, or it cannot be built for these images
   */
  static Map<String, Network> of(Config config, Dataset data) {
    Map<String, Network> networks = new LinkedHashMap<>();
    for (String name : config.evaluate().networks()) {
      try {
        networks.put(name, Networks.create(spec(name, config, data)));
      } catch (InputException e) {
        throw new InputException("evaluate.networks: " + e.getMessage(), e);
      }
    }
    return networks;
  }

  /** The form of a network for the images of {@code data}. */
  static NetworkSpec spec(String name, Config config, Dataset data) {
    NetworkConfig distilling = config.distill().network();
    NetworkSpec spec =
        NetworkSpec.of(name, data.resolution(), data.channels(), data.classKeys().size());
    if (name.equals(distilling.name())) {
      return spec.with(
          distilling.depth(),
          distilling.width(),
          Networks.norm(distilling.norm()),
          Networks.pooling(distilling.pooling()));
    }
    // The keys of a ConvNet stand for it whichever network distils; the norm is that one's own.
    return name.equals(ConvNet.NAME)
        ? spec.with(
            distilling.depth(), distilling.width(), null, Networks.pooling(distilling.pooling()))
        : spec;
  }

  /** What tells each network from others of its name, in words. */
  static Map<String, String> forms(Config config, Dataset data) {
    Map<String, String> forms = new LinkedHashMap<>();
    for (String name : config.evaluate().networks()) {
      forms.put(name, Networks.form(spec(name, config, data)));
    }
    return forms;
  }

  /** The peak learning rate of a network: the configured one, else the published one. */
  static double learningRate(EvaluateConfig config, String network) {
    if (config.learningRate() > 0) {
      return config.learningRate();
    }
    return network.equals("vgg11") ? VGG_PEAK : PEAK;
  }

  /**
   * How a network is trained.
   *
   * @param rate peak of the learning rate
   * @param parts of a batch that fit the memory
   * @param kernels of the optimiser
   */
  static SyntheticTraining training(
      EvaluateConfig config, double rate, Precision precision, RowParts parts, Kernels kernels) {
    return new SyntheticTraining(
        config.epochs(),
        config.batch(),
        LearningRateSchedule.of(config.schedule(), config.epochs(), rate),
        config.ema(),
        Augmentation.of(config.augment()),
        precision,
        parts,
        kernels);
  }
}
