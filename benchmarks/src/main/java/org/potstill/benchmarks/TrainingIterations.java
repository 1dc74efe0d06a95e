package org.potstill.benchmarks;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.NetworkTrainer;
import org.potstill.net.Networks;
import org.potstill.net.Pass;
import org.potstill.net.Sgd;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/**
 * Steps of training on seeded images, all in every step and without augmentation, as the stage
 * {@code evaluate} does them.
 */
final class TrainingIterations implements PeerIterations {

  private static final double MOMENTUM = 0.9;
  private static final double WEIGHT_DECAY = 5e-4;

  private final PeerSettings settings;
  private final NamedTensors inputs = new NamedTensors();
  private final NamedTensors images = new NamedTensors();
  private final NamedTensors state;
  private final NetworkTrainer trainer;

  TrainingIterations(PeerSettings settings, Kernels kernels) {
    this.settings = settings;
    Network network = Networks.create(settings.network()).with(kernels);
    state = network.initialise(RandomStream.of(1, Purpose.NETWORK_INITIALISATION, 0, 0));
    try (PointerScope scope = new PointerScope()) {
      images.put("images", Inputs.normal(1, settings.shape(settings.perClass())));
      images.put("labels", Tensors.indices(settings.labels()));
      inputs.put("images", images.get("images"));
      for (String name : state.names()) {
        inputs.put("start/" + name, state.get(name).clone());
      }
    }
    trainer =
        new NetworkTrainer(
            network,
            state,
            new Sgd(MOMENTUM, WEIGHT_DECAY, kernels),
            Precision.F32,
            new RowParts("train", "per-class"));
  }

  @Override
  public NamedTensors inputs() {
    return inputs;
  }

  @Override
  public NamedTensors moved() {
    return state;
  }

  @Override
  public double iterate(long iteration) {
    Tensor batch = images.get("images");
    Tensor labels = images.get("labels");
    double loss = 0;
    for (int step = 0; step < settings.steps(); step++) {
      loss += trainer.step(batch, labels, Pass.TRAIN, settings.rate()).loss();
    }
    return loss / settings.steps();
  }

  @Override
  public void close() {
    trainer.close();
    state.close();
    images.close();
    inputs.close();
  }
}
