package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.potstill.fixtures.Closeness.assertMaxAbsolute;
import static org.potstill.fixtures.Closeness.assertOfLargest;
import static org.potstill.fixtures.Closeness.assertRelative;
import static org.potstill.fixtures.Closeness.assertRelativeL2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.config.EvaluateConfig.Schedule;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.LeftBehind;
import org.potstill.fixtures.Tolerances;
import org.potstill.net.Accuracy;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.net.PublishedNetworks;
import org.potstill.net.StateEntry;
import org.potstill.random.RandomStream;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/** Every file of the evaluation fixtures: the rate schedule, the running average, whole runs. */
class EvaluationFixtureTest {

  /** Of the published evaluation, which the files take for granted. */
  private static final double DECAY = 0.995;

  private static final String SCHEDULE = "lr_epochs";

  /** What a run is given and what is compared with it. */
  private static final Set<String> COMPARED =
      Set.of(
          "train_images",
          "train_labels",
          "test_images",
          "test_labels",
          "train_loss",
          "train_acc",
          "net_params",
          "net_test_logits",
          "ema_new.params",
          "ema_new.test_logits",
          "ema_new.test_loss_acc");

  static Stream<FixtureFile> files() {
    return FixtureFile.group("evaluation").stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void equalsTheReference(FixtureFile file) {
    LibTorch.load();
    Optional<String> leftBehind = LeftBehind.reason(file, "");
    assumeFalse(leftBehind.isPresent(), leftBehind::orElseThrow);
    if (file.names().stream().anyMatch(name -> name.startsWith(SCHEDULE))) {
      checkSchedule(file);
    } else if (file.has("online_init")) {
      checkAverage(file);
    } else if (file.has("train_images")) {
      checkTraining(file);
    } else {
      abort(file + " is of a kind that no class of ours answers to yet");
    }
  }

  private static void checkSchedule(FixtureFile file) {
    for (String name : file.names()) {
      double[] expected = file.doubles(name);
      int epochs = Integer.parseInt(name.substring(SCHEDULE.length()));
      // The first rate is 1e-7 of the peak, which the file does not state apart.
      LearningRateSchedule schedule =
          LearningRateSchedule.of(Schedule.WARMUP_COSINE, epochs, expected[0] * 1e7);
      double[] rates = IntStream.range(0, epochs).mapToDouble(schedule::at).toArray();
      for (int epoch = 0; epoch < epochs; epoch++) {
        double bound =
            Math.max(
                Tolerances.LEARNING_RATE_ABSOLUTE,
                Tolerances.LEARNING_RATE_RELATIVE * Math.abs(expected[epoch]));
        assertMaxAbsolute(
            name + " epoch " + epoch,
            new double[] {expected[epoch]},
            new double[] {rates[epoch]},
            bound);
      }
    }
  }

  private static void checkAverage(FixtureFile file) {
    double[] decays = file.doubles("decay_after");
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("values", file.tensor("online_init").clone());
      Tensor online = file.tensor("online");
      Tensor expected = file.tensor("ema");
      try (ExponentialMovingAverage average = new ExponentialMovingAverage(state, DECAY)) {
        for (int update = 0; update < decays.length; update++) {
          state.put("values", online.select(0, update).clone());
          average.update(state);
          String what = file + " after update " + (update + 1);
          assertMaxAbsolute(
              what,
              Closeness.doubles(expected.select(0, update)),
              Closeness.doubles(average.average().get("values")),
              Tolerances.MOVING_AVERAGE);
          assertMaxAbsolute(
              what + ", decay",
              new double[] {decays[update]},
              new double[] {average.decay()},
              Tolerances.MOVING_AVERAGE);
        }
      }
    }
  }

  private static void checkTraining(FixtureFile file) {
    for (String name : file.names()) {
      assertTrue(
          COMPARED.contains(name) || LeftBehind.reason(file, name).isPresent(),
          file + " holds '" + name + "', which nothing here compares");
    }
    Network network = network(file);
    SyntheticTraining training =
        new SyntheticTraining(
            file.integer("epoch_eval_train"),
            file.integer("batch_train"),
            LearningRateSchedule.of(
                Schedule.WARMUP_COSINE, file.integer("epoch_eval_train"), file.number("lr_net")),
            DECAY,
            SiameseAugmentation.of("none"),
            Precision.F32,
            new RowParts("evaluate", "evaluate.batch"),
            EngineKernels.byName("auto", 2));
    List<Double> losses = new ArrayList<>();
    List<Double> accuracies = new ArrayList<>();
    try (PointerScope scope = new PointerScope();
        NamedTensors start = file.state();
        NamedTensors state = start.map(tensor -> tensor.clone());
        NamedTensors average =
            training.run(
                network,
                state,
                file.tensor("train_images"),
                file.tensor("train_labels"),
                inOrder(),
                (epoch, loss, accuracy) -> {
                  losses.add(loss);
                  accuracies.add(accuracy);
                })) {
      assertRelative(
          file + " train_loss",
          file.doubles("train_loss"),
          array(losses),
          Tolerances.EVALUATION_LOSS);
      assertMaxAbsolute(file + " train_acc", file.doubles("train_acc"), array(accuracies), 1e-6);
      double[] initial = flat(network, start);
      checkState(file, "net_params", "net_test_logits", network, state, initial);
      checkState(file, "ema_new.params", "ema_new.test_logits", network, average, initial);
      checkTestAccuracy(file, network, average);
    }
  }

  private static void checkState(
      FixtureFile file,
      String parameters,
      String logits,
      Network network,
      NamedTensors state,
      double[] initial) {
    assertRelativeL2(
        file + " change of " + parameters,
        difference(file.doubles(parameters), initial),
        difference(flat(network, state), initial),
        Tolerances.EVALUATION_PARAMETER_CHANGE);
    Tensor output = network.logits(state, file.tensor("test_images"), Pass.EVAL).value();
    assertOfLargest(
        file + " " + logits,
        file.doubles(logits),
        Closeness.doubles(output),
        Tolerances.EVALUATION_LOGITS);
  }

  private static void checkTestAccuracy(FixtureFile file, Network network, NamedTensors average) {
    Tensor images = file.tensor("test_images");
    Tensor labels = file.tensor("test_labels");
    double[] expected = file.doubles("ema_new.test_loss_acc");
    Tensor logits = network.logits(average, images, Pass.EVAL).value();
    double loss = torch.cross_entropy_loss(logits, labels).item_double();
    assertRelative(
        file + " test loss",
        new double[] {expected[0]},
        new double[] {loss},
        Tolerances.EVALUATION_LOSS);
    // In batches of three, so that the last one is smaller.
    double accuracy =
        Accuracy.of(
            network,
            average,
            images,
            labels,
            3,
            Precision.F32,
            new RowParts("evaluate", "evaluate.batch"),
            done -> {});
    assertMaxAbsolute(
        file + " test accuracy", new double[] {expected[1]}, new double[] {accuracy}, 1e-6);
  }

  private static Network network(FixtureFile file) {
    return PublishedNetworks.convNet(file, Math.toIntExact(file.shape("train_images")[1]));
  }

  /** The reference was run without shuffling and without augmentation. */
  private static TrainingDraws inOrder() {
    return new TrainingDraws() {
      @Override
      public int[] order(int epoch, int size) {
        return IntStream.range(0, size).toArray();
      }

      @Override
      public RandomStream augmentation(long step) {
        return TrainingDraws.of(0, 0).augmentation(step);
      }

      @Override
      public RandomStream dropout(long step) {
        return null;
      }
    };
  }

  private static double[] flat(Network network, NamedTensors state) {
    return network.state().stream()
        .filter(entry -> entry.kind() == StateEntry.Kind.PARAMETER)
        .map(entry -> state.get(entry.name()))
        .flatMapToDouble(tensor -> Arrays.stream(Closeness.doubles(tensor)))
        .toArray();
  }

  private static double[] difference(double[] values, double[] from) {
    assertTrue(values.length == from.length, values.length + " parameters, not " + from.length);
    double[] result = new double[values.length];
    Arrays.setAll(result, i -> values[i] - from[i]);
    return result;
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
