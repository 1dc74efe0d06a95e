package org.potstill.distill;

import org.potstill.config.NetworkConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;

/** The network that distils, and that experts are trained with. */
public final class DistillingNetwork {

  private DistillingNetwork() {}

  /**
   * Builds it for the images and classes of a data set.
   *
   * @throws InputException where it cannot be built
   */
  public static Network of(NetworkConfig config, Dataset data) {
    int classes = data.classNames().size();
    try {
      return Networks.create(
          NetworkSpec.of(config.name(), data.resolution(), data.channels(), classes)
              .with(
                  config.depth(),
                  config.width(),
                  Networks.norm(config.norm()),
                  Networks.pooling(config.pooling())));
    } catch (InputException e) {
      throw new InputException("distill.network: " + e.getMessage(), e);
    }
  }
}
