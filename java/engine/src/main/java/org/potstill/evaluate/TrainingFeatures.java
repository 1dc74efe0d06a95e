package org.potstill.evaluate;

import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.Augmentation;
import org.potstill.config.Config;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.distill.DistillingNetwork;
import org.potstill.distill.Whitening;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.NetworkOutput;
import org.potstill.net.Pass;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.RunContext;
import org.potstill.tensor.ImageMemory;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/**
 * Features of all training images under the distilling network, trained on them for {@code
 * evaluate.feature-epochs} epochs: what the baselines {@code herding} and {@code k-center} choose
 * by.
 *
 * <p>Computed anew whenever asked for. Used by one thread.
 */
final class TrainingFeatures {

  private static final double LEARNING_RATE = 0.01;
  private static final int EMBEDDED_AT_ONCE = 256;
  private static final String FEATURES = "features";

  private final Config config;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;
  private final ImageSetLoader loader;

  TrainingFeatures(
      Config config, Dataset data, RunContext context, Kernels kernels, ImageSetLoader loader) {
    this.kernels = kernels;
    this.config = config;
    this.data = data;
    this.context = context;
    this.loader = loader;
  }

  /**
   * Computes them and gives them to {@code use}.
   *
   * @param use of the images that could be read, in the order of the data set, and their features,
   *     (N, features) float32 in the memory of the host, which are gone afterwards
   * @return what {@code use} makes of them
   * @throws RunFailedException where the training diverges
   */
  <T> T compute(BiFunction<List<ImageRecord>, Tensor, T> use) {
    ImageSetLoader.Loaded loaded = loader.loadKnown(data.training(), "loading training images");
    try (NamedTensors features = new NamedTensors()) {
      fill(features, loaded.images());
      return use.apply(loaded.records(), features.get(FEATURES));
    }
  }

  /** Closes {@code images}. */
  private void fill(NamedTensors features, LabelledImages images) {
    try (LabelledImages set = whitened(images).on(Placement.of(context.device()))) {
      Network network = DistillingNetwork.of(config.distill().network(), data).with(kernels);
      RandomStream initial =
          RandomStream.of(context.seed(), Purpose.BASELINE_FEATURES, 0, Draws.INITIALISATION);
      try (NamedTensors state = Placement.of(context.device()).place(network.initialise(initial));
          NamedTensors trained =
              training()
                  .run(
                      network,
                      state,
                      set.images(),
                      set.labels(),
                      new Draws(context.seed()),
                      new Told())) {
        embed(network, trained, set.images(), features);
      }
    } catch (TrainingDivergedException e) {
      throw new RunFailedException(
          "the network whose features herding and k-center go by: "
              + e.getMessage()
              + "; leave both out of evaluate.baselines and go on with --resume",
          e);
    }
  }

  private LabelledImages whitened(LabelledImages images) {
    try (Whitening whitening = Whitening.of(config.data(), data, context, EvaluateStage.NAME)) {
      return images.whitened(whitening);
    } catch (RuntimeException | Error e) {
      images.close();
      throw e;
    }
  }

  private SyntheticTraining training() {
    EvaluateConfig evaluate = config.evaluate();
    int epochs = evaluate.featureEpochs();
    return new SyntheticTraining(
        epochs,
        evaluate.batch(),
        LearningRateSchedule.of(EvaluateConfig.Schedule.STEP, epochs, LEARNING_RATE),
        0,
        Augmentation.of(evaluate.augment()),
        Precision.F32,
        new RowParts(EvaluateStage.NAME, EvaluateStage.BATCH),
        kernels);
  }

  private void told(String task, long done, long total, String unit) {
    context.cancellation().throwIfCancelled();
    context.listener().progress(EvaluateStage.NAME, task, done, total, unit);
  }

  /** Tells how far the training is. */
  private final class Told implements SyntheticTraining.EpochListener {

    @Override
    public void finished(int epoch, double loss, double accuracy) {
      // The steps are told.
    }

    @Override
    public void stepped(long step, long steps) {
      told("training for the features of the baselines", step, steps, "steps");
    }
  }

  private void embed(Network network, NamedTensors state, Tensor images, NamedTensors features) {
    int count = Math.toIntExact(images.size(0));
    new RowParts(EvaluateStage.NAME, "data.resolution")
        .run(
            count,
            EMBEDDED_AT_ONCE,
            (from, to) -> {
              try (PointerScope scope = new PointerScope();
                  NoGradGuard guard = new NoGradGuard()) {
                Tensor some = images.narrow(0, from, to - from);
                NetworkOutput output = network.embed(state, some, Pass.EVAL);
                output.buffers().close();
                if (features.size() == 0) {
                  // Of all images at once they may be more than fits, as the images are.
                  features.put(
                      FEATURES,
                      new ImageMemory(context, EvaluateStage.NAME)
                          .empty(torch.ScalarType.Float, count, output.value().size(1)));
                }
                features.get(FEATURES).narrow(0, from, to - from).copy_(output.value());
              }
              told("taking the features of the baselines", to, count, "images");
            });
  }

  /** Random numbers of this training alone. */
  private record Draws(long seed) implements TrainingDraws {

    static final int INITIALISATION = 0;
    private static final int BATCHES = 1;
    private static final int AUGMENTATION = 2;
    private static final int DROPOUT = 3;

    @Override
    public int[] order(int epoch, int size) {
      return stream(epoch, BATCHES).permutation(size);
    }

    @Override
    public RandomStream augmentation(long step) {
      return stream(step, AUGMENTATION);
    }

    @Override
    public RandomStream dropout(long step) {
      return stream(step, DROPOUT);
    }

    private RandomStream stream(long step, int use) {
      return RandomStream.of(seed, Purpose.BASELINE_FEATURES, step, use);
    }
  }
}
