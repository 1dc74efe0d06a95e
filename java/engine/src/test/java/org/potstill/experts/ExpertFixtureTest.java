package org.potstill.experts;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.net.Network;
import org.potstill.net.PublishedNetworks;
import org.potstill.net.Sgd;
import org.potstill.net.TrainedState;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;

/** Every expert of the fixtures: parameters after each epoch and training losses. */
class ExpertFixtureTest {

  private static LibTorch.ThreadSettings threads;

  /** Tensors this small are slower on several threads, on a busy machine by far. */
  @BeforeAll
  static void useOneThread() {
    threads = LibTorch.withThreads(1);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  static List<FixtureFile> cases() {
    return FixtureFile.group("expert");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void parametersAndLossesEqualTheReference(FixtureFile file) {
    Network network = PublishedNetworks.convNet(file, (int) file.shape("images")[1]);
    try (PointerScope scope = new PointerScope();
        TrainedState state = new TrainedState(network);
        Sgd sgd = new Sgd(file.number("mom"), file.number("l2"))) {
      state.replace(file.state());
      ExpertTraining training =
          new ExpertTraining(
              file.tensor("images"),
              file.tensor("labels"),
              SiameseAugmentation.of(""),
              inOrder(),
              file.integer("batch_train"),
              file.number("lr_teacher"),
              Precision.F32,
              new RowParts("experts", "experts.batch"));
      double[] start = parameters(state);
      Closeness.assertMaxAbsolute(
          file + " fill", file.doubles("params_epoch0"), start, Tolerances.EXACT);
      double[] losses = new double[file.integer("epochs")];
      for (int epoch = 0; epoch < losses.length; epoch++) {
        losses[epoch] = training.epoch(state, sgd, epoch, new CancellationToken());
        double[] expected = file.doubles("params_epoch" + (epoch + 1));
        Closeness.assertRelativeL2(
            file + " epoch " + (epoch + 1),
            minus(expected, start),
            minus(parameters(state), start),
            Tolerances.EXPERT_CHANGE);
      }
      Closeness.assertRelative(
          file + " losses", file.doubles("train_loss"), losses, Tolerances.EXPERT_LOSS);
    }
  }

  private static ExpertDraws inOrder() {
    return new ExpertDraws() {
      @Override
      public int[] order(int epoch, int size) {
        int[] order = new int[size];
        Arrays.setAll(order, i -> i);
        return order;
      }

      @Override
      public RandomStream augmentation(int epoch) {
        return RandomStream.of(0, Purpose.EXPERT_AUGMENTATION, epoch, 0);
      }
    };
  }

  private static double[] parameters(TrainedState state) {
    TensorVector flat = new TensorVector();
    for (Tensor parameter : state.parameters()) {
      flat.push_back(parameter.flatten());
    }
    return Closeness.doubles(torch.cat(flat, 0));
  }

  private static double[] minus(double[] a, double[] b) {
    double[] difference = a.clone();
    for (int i = 0; i < a.length; i++) {
      difference[i] -= b[i];
    }
    return difference;
  }
}
